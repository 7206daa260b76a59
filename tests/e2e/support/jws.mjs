// SPDX-License-Identifier: Apache-2.0
// Tokens signed with ES384 by a key that nobody publishes: its public half is computed from one
// signature (SEC 1, 4.1.6), and must then verify another. Node's crypto verifies.
import { createHash, createPublicKey, verify } from 'node:crypto';

const hex = (text) => BigInt(`0x${text}`);

// P-384: FIPS 186-4, D.1.2.4
const P = hex('fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff');
const N = hex('ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973');
const B = hex('b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef');
const G = [
  hex('aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7'),
  hex('3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f'),
];

const mod = (a, m = P) => ((a % m) + m) % m;

function power(base, exponent, m = P) {
  let result = 1n;
  for (let b = mod(base, m), e = exponent; e; e >>= 1n, b = b * b % m) if (e & 1n) result = result * b % m;
  return result;
}

const inverse = (a, m = P) => power(a, m - 2n, m);

// Points are [x, y]; null is the one at infinity.
function add(a, b) {
  if (!a || !b) return a ?? b;
  if (a[0] === b[0] && mod(a[1] + b[1]) === 0n) return null;
  const slope = a[0] === b[0]
    ? mod(3n * (a[0] * a[0] - 1n) * inverse(2n * a[1]))
    : mod((b[1] - a[1]) * inverse(b[0] - a[0]));
  const x = mod(slope * slope - a[0] - b[0]);
  return [x, mod(slope * (a[0] - x) - a[1])];
}

function times(point, factor) {
  let result = null;
  for (let p = point, f = factor; f; f >>= 1n, p = add(p, p)) if (f & 1n) result = add(result, p);
  return result;
}

function keyOf([x, y]) {
  const base64url = (number) => Buffer.from(number.toString(16).padStart(96, '0'), 'hex').toString('base64url');
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-384', x: base64url(x), y: base64url(y) } });
}

function split(token) {
  const [header, payload, signature] = token.split('.');
  return { signed: `${header}.${payload}`, signature: Buffer.from(signature, 'base64url') };
}

// The two keys that can have made the signature of a token.
export function possibleKeys(token) {
  const { signed, signature } = split(token);
  const [r, s] = [0, 48].map((at) => hex(signature.subarray(at, at + 48).toString('hex')));
  const hash = hex(createHash('sha384').update(signed).digest('hex'));
  const y = power(r ** 3n - 3n * r + B, (P + 1n) / 4n);
  return [y, P - y].map((side) => {
    const sum = add(times([r, side], s), times(G, mod(-hash, N)));
    return keyOf(times(sum, inverse(r, N)));
  });
}

export function isSignedBy(key, token) {
  const { signed, signature } = split(token);
  return signature.length === 96 && verify('sha384', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature);
}

export const headerOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
export const payloadOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
