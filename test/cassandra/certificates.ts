import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeTls } from "../../local/cassandra/configuration.ts";

/** A certificate authority for one test. */
export interface Authority {
  certFile: string;
  /** Makes a certificate, for an address where one is given, and its key; PEM files. */
  issue(name: string, address?: string): { certFile: string; keyFile: string };
  /** What a node needs to show a certificate and to require one of this authority from clients. */
  nodeTls(name: string, address: string): NodeTls;
}

const PASSWORD = "changeit-in-tests";

/** Makes an authority in a folder, by openssl and Java's keytool. */
export function makeAuthority(folder: string, name: string): Authority {
  const path = (file: string) => join(folder, `${name}-${file}`);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const certFile = path("ca.pem");
  openssl("req", "-x509", ...newKey, "-keyout", path("ca.key"), "-out", certFile, "-subj", `/CN=${name}`, "-days", "2");

  function issue(subject: string, address?: string) {
    const files = { certFile: path(`${subject}.pem`), keyFile: path(`${subject}.key`) };
    openssl("req", ...newKey, "-keyout", files.keyFile, "-out", path("request.csr"), "-subj", `/CN=${subject}`);
    writeFileSync(path("extensions"), address === undefined ? "" : `subjectAltName=IP:${address}\n`);
    openssl(
      ...["x509", "-req", "-in", path("request.csr"), "-CA", certFile, "-CAkey", path("ca.key"), "-CAcreateserial"],
      ...["-days", "2", "-out", files.certFile, "-extfile", path("extensions")],
    );
    return files;
  }

  return {
    certFile,
    issue,
    nodeTls(subject, address) {
      const { certFile: cert, keyFile } = issue(subject, address);
      const keystore = path("keystore.p12");
      const truststore = path("truststore.p12");
      openssl("pkcs12", "-export", "-in", cert, "-inkey", keyFile, "-out", keystore, "-passout", `pass:${PASSWORD}`);
      execFileSync(
        "keytool",
        [
          "-importcert",
          "-noprompt",
          "-alias",
          "ca",
          "-file",
          certFile,
          "-keystore",
          truststore,
          "-storetype",
          "PKCS12",
        ].concat("-storepass", PASSWORD),
        { stdio: "pipe" },
      );
      return { keystore, keystorePassword: PASSWORD, truststore, truststorePassword: PASSWORD };
    },
  };
}

/** True when the text holds what is in the file. */
export function tellsOf(text: string, file: string): boolean {
  return text.includes(readFileSync(file, "utf8").trim());
}
