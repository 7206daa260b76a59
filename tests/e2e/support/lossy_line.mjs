// SPDX-License-Identifier: Apache-2.0
// A bad line for UDP: a relay that loses packets, brings others late and thereby out of order, both
// ways, and can be cut altogether.
import dgram from 'node:dgram';

// Numbers in [0, 1) that are the same in each run (mulberry32).
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const bound = (socket) => new Promise((resolve) => { socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)); });

export class LossyLine {
  isCut = false;
  passed = 0;
  lost = 0;
  late = 0;

  // `loss`, `reorder`: shares of the packets; `lateMs`: at most.
  constructor(port, { loss = 0, reorder = 0, lateMs = 30, seed = 1 } = {}) {
    Object.assign(this, { toPort: port, loss, reorder, lateMs, random: seeded(seed), callers: new Map() });
  }

  async open() {
    this.socket = dgram.createSocket('udp4');
    this.socket.on('message', (packet, from) => this.#carry(packet, (data) => this.#callerOf(from).send(data, this.toPort, '127.0.0.1')));
    this.port = await bound(this.socket);
    return this;
  }

  // Whoever calls is seen by the server under a port of its own.
  #callerOf({ port, address }) {
    const known = this.callers.get(port);
    if (known) return known;
    const caller = dgram.createSocket('udp4');
    caller.on('message', (packet) => this.#carry(packet, (data) => this.socket.send(data, port, address)));
    caller.on('error', () => {});
    this.callers.set(port, caller);
    return caller;
  }

  #carry(packet, send) {
    if (this.isCut || this.random() < this.loss) {
      this.lost += 1;
    } else if (this.random() < this.reorder) {
      this.late += 1;
      setTimeout(() => { if (!this.isClosed) send(packet); }, this.random() * this.lateMs);
    } else {
      this.passed += 1;
      send(packet);
    }
  }

  close() {
    this.isClosed = true;
    for (const socket of [this.socket, ...this.callers.values()]) socket.close();
  }
}
