/** Every statement on health of a keyspace. */
export function healthStatements(keyspace: string) {
  const runs = `${keyspace}.health_runs_by_service`;
  const states = `${keyspace}.health_by_service`;
  const memories = `${keyspace}.health_memory_by_service`;
  const told = `${keyspace}.health_told_by_service`;
  const watch = `${keyspace}.health_watch`;
  const set = `${keyspace}.set_services`;
  return {
    set: `SELECT service_name, is_retired, work FROM ${set} WHERE list = 'all'`,
    setOf: `SELECT service_name FROM ${set} WHERE list = 'all' AND service_name = ?`,
    retire: `UPDATE ${set} USING TIMESTAMP ? SET is_retired = ? WHERE list = 'all' AND service_name = ?`,
    plan: `UPDATE ${set} USING TIMESTAMP ? SET work = ? WHERE list = 'all' AND service_name = ?`,
    current: `SELECT service_name, current FROM ${states}`,
    setCurrent: `INSERT INTO ${states} (service_name, current) VALUES (?, ?) USING TTL ? AND TIMESTAMP ?`,
    runs: `SELECT since, run FROM ${runs} WHERE service_name = ? AND since >= ? AND since < ?`,
    runBefore: `SELECT since, run FROM ${runs} WHERE service_name = ? AND since < ? LIMIT 1`,
    removeRuns: `DELETE FROM ${runs} USING TIMESTAMP ? WHERE service_name = ? AND since >= ? AND since < ?`,
    insertRun: `INSERT INTO ${runs} (service_name, since, run) VALUES (?, ?, ?) USING TTL ? AND TIMESTAMP ?`,
    memory: `SELECT memory FROM ${memories} WHERE service_name = ?`,
    remember: `INSERT INTO ${memories} (service_name, memory) VALUES (?, ?) USING TTL ? AND TIMESTAMP ?`,
    told: `SELECT since, told FROM ${told} WHERE service_name = ? AND since >= ? AND since < ?`,
    tell: `INSERT INTO ${told} (service_name, since, told) VALUES (?, ?, ?) USING TTL ? AND TIMESTAMP ?`,
    watch: `SELECT judged_until, told_from FROM ${watch} WHERE list = 'all' LIMIT 1`,
    noteJudged: `UPDATE ${watch} USING TIMESTAMP ? SET judged_until = ? WHERE list = 'all'`,
    tellFrom: `INSERT INTO ${watch} (list, told_from) VALUES ('all', ?)`,
    /** Forget a service: in each of these tables. */
    forget: [runs, states, memories, told].map(
      (table) => `DELETE FROM ${table} USING TIMESTAMP ? WHERE service_name = ?`,
    ),
    forgetSet: `DELETE FROM ${set} USING TIMESTAMP ? WHERE list = 'all' AND service_name = ?`,
  };
}
