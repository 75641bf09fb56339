/** Users of a moto server with permissions of their own; from then on it checks every signature and permission. */

/** Credentials, as environment, of a user for each list of allowed actions; the server then looks at everybody. */
export async function makeUsers<Name extends string>(
  endpoint: string,
  users: Record<Name, string[]>,
): Promise<Record<Name, Record<string, string>>> {
  const made = {} as Record<Name, Record<string, string>>;
  for (const name of Object.keys(users) as Name[]) {
    const UserName = `user-${name}`;
    const Statement = [{ Effect: 'Allow', Action: users[name], Resource: '*' }];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await ask(endpoint, { Action: 'CreateUser', UserName });
    await ask(endpoint, { Action: 'PutUserPolicy', UserName, PolicyName: 'own', PolicyDocument });
    const key = await ask(endpoint, { Action: 'CreateAccessKey', UserName });
    const field = (tag: string) => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(key)?.[1] ?? '';
    made[name] = {
      AWS_ACCESS_KEY_ID: field('AccessKeyId'),
      AWS_SECRET_ACCESS_KEY: field('SecretAccessKey'),
    };
  }
  await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' });
  return made;
}

async function ask(endpoint: string, fields: Record<string, string>): Promise<string> {
  // By the service in the credential's scope moto knows what is asked.
  const scope = 'setup/20260101/us-east-1/iam/aws4_request';
  const answer = await fetch(endpoint, {
    method: 'POST',
    body: new URLSearchParams({ ...fields, Version: '2010-05-08' }),
    headers: {
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${fields.Action}: ${answer.status} ${text}`);
  return text;
}
