// An OpenID provider with one client, on Express of its own: node provider.mjs PORT CALLBACK. Any name signs in with any password.
import Provider from "oidc-provider";

const [port = "", callback = ""] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "pulsemesh", client_secret: "client-secret", redirect_uris: [callback] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
