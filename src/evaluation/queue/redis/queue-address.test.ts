import { describe, expect, it } from 'vitest';
import { parseQueueAddress } from './queue-address.ts';

describe('the address of a queue', () => {
  it('has host, port, database, user and password, with the usual port and database if they are left out', () => {
    expect(parseQueueAddress('rediss://anna:pass%40word@redis.example.org:7000/3', {})).toEqual({
      host: 'redis.example.org',
      port: 7000,
      database: 3,
      user: 'anna',
      password: 'pass@word',
      isEncrypted: true,
      shown: 'rediss://redis.example.org:7000/3',
    });
    expect(parseQueueAddress('redis://[::1]', {})).toMatchObject({ host: '::1', port: 6379, database: 0 });
  });

  it('takes the password from the environment if it has none itself', () => {
    const environment = { AUTO_CNN_QUEUE_PASSWORD: 'from the environment' };
    expect(parseQueueAddress('redis://host', environment).password).toBe('from the environment');
    expect(parseQueueAddress('redis://:own@host', environment).password).toBe('own');
  });

  it.each([
    ['10.0.0.5', 'must look like redis://HOST:6379/0'],
    ['http://10.0.0.5:6379', 'received one that starts with http://'],
    ['redis://', 'must look like redis://HOST:6379/0'],
    ['redis://host:99999/0', 'must look like redis://HOST:6379/0'],
    ['redis://host/tasks', 'must end in the number of a database, as in redis://HOST:6379/0, received /tasks'],
  ])('is refused as %s', (url, message) => {
    expect(() => parseQueueAddress(url, {})).toThrow(message);
  });

  it('does not show the password when it is refused', () => {
    expect(() => parseQueueAddress('redis://:secret@host/x', {})).toThrow(/^(?!.*secret)/);
    expect(() => parseQueueAddress('amqp://:secret@host', {})).toThrow(/^(?!.*secret)/);
  });
});
