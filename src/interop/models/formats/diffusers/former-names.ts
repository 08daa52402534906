/** diffusers before 0.17 called the projections of attention otherwise. */
const formerNames: Readonly<Record<string, string>> = {
  query: 'to_q',
  key: 'to_k',
  value: 'to_v',
  proj_attn: 'to_out.0',
};

export function currentName(name: string): string {
  return name.replace(
    /(\.attentions\.\d+\.)(query|key|value|proj_attn)\./,
    (_, place: string, projection: string) => `${place}${formerNames[projection]}.`,
  );
}
