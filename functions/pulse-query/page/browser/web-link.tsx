/** Leads to an address of the web. An address such as javascript: would run in this page: it is checked here, too. */
export function WebLink({ href, children }: { href: string | null; children: string }) {
  if (href === null || !/^https?:\/\//i.test(href)) return <>{children}</>;
  return (
    <a href={href} rel="noopener noreferrer" target="_blank">
      {children}
    </a>
  );
}
