/** Names with their values, as a list of descriptions. */
export function Pairs({ kind, pairs }: { kind: string; pairs: readonly (readonly [string, string])[] }) {
  return (
    <dl class={kind}>
      {pairs.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
