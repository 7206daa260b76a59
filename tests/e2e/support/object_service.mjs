// SPDX-License-Identifier: Apache-2.0
// An S3 service of the test's own: the Ceph RADOS Gateway over one monitor and one object daemon that
// keeps everything in memory, in a temporary folder. It starts in about two seconds.
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { S3Client } from '@aws-sdk/client-s3';

import { Child, runCommand } from './child.mjs';
import { until } from './wait.mjs';

const CLUSTER = '5b6f6a3e-8a5e-4c5e-9d0f-2f2b1f6f8a10';
const OSD = 'c2f0a7b4-53c0-4f0a-a6c3-1d5f0c8f4e21';
const KEYRING_USERS = {
  'mon.': ['mon'],
  'client.admin': ['mon', 'osd', 'mgr'],
  'client.rgw': ['mon', 'osd'],
  'osd.0': ['mon', 'osd'],
};

// Ports that nobody listens on at the moment.
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  for (const server of servers) server.close();
  return ports;
}

// Everything on one machine, of which nothing must last.
const settings = (folder, monitorPort, s3Port, tlsPort) => `
[global]
fsid = ${CLUSTER}
mon_initial_members = a
mon_host = v2:127.0.0.1:${monitorPort}/0
public_addr = 127.0.0.1
ms_bind_ipv6 = false
ms_bind_msgr1 = false
auth_allow_insecure_global_id_reclaim = false
keyring = ${folder}/keyring
run_dir = ${folder}
admin_socket = ${folder}/$name.asok
log_file = ${folder}/$name.log
pid_file =
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 4000
mon_data_avail_warn = 2
mon_data_avail_crit = 1
[mon]
mon_data = ${folder}/mon
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
[osd]
osd_data = ${folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 268435456
[client.rgw]
rgw_data = ${folder}/rgw
rgw_frontends = beast endpoint=127.0.0.1:${s3Port} ssl_endpoint=127.0.0.1:${tlsPort} ssl_certificate=${folder}/cert.pem ssl_private_key=${folder}/key.pem
rgw_dns_name = localhost
rgw_enable_usage_log = false
rgw_override_bucket_index_max_shards = 1
rgw_num_control_oids = 1
rgw_gc_max_objs = 1
rgw_lc_max_objs = 1
`;

export class ObjectService {
  children = [];

  async create() {
    this.folder = mkdtempSync(path.join(os.tmpdir(), 'weir-s3-'));
    for (const name of ['mon', 'osd', 'rgw']) mkdirSync(path.join(this.folder, name));
    const [monitorPort, s3Port, tlsPort] = await freePorts(3);
    this.endpoint = `http://127.0.0.1:${s3Port}`;
    this.tlsEndpoint = `https://{bucket}.localhost:${tlsPort}`;
    this.certificate = path.join(this.folder, 'cert.pem');
    this.conf = path.join(this.folder, 'ceph.conf');
    writeFileSync(this.conf, settings(this.folder, monitorPort, s3Port, tlsPort));
    try {
      await this.#makeCertificate();
      await this.#makeKeyring();
      await this.#startMonitor(monitorPort);
      await this.#startStorage();
      await this.#startGateway();
    } catch (error) {
      error.message += `\n${this.children.map((child) => `--- ${child.name}\n${child.log.slice(-2000)}`).join('\n')}`;
      await this.destroy();
      throw error;
    }
    return this;
  }

  // A user of its own, with a client: { accessKeyId, secretAccessKey }.
  async user(name) {
    const accessKeyId = `AKIA${name.toUpperCase().padEnd(16, 'X')}`;
    const secretAccessKey = `${name}/secret+${'0123456789'.repeat(2)}`;
    await this.#run('radosgw-admin', ['-n', 'client.rgw', 'user', 'create', `--uid=${name}`, `--display-name=${name}`,
      `--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`]);
    return { accessKeyId, secretAccessKey };
  }

  // In the one region in which a bucket is made without naming a place for it.
  client(credentials) {
    return new S3Client({ endpoint: this.endpoint, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 });
  }

  async destroy() {
    await Promise.all(this.children.map((child) => child.isRunning && child.stop('SIGKILL')));
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #monmap() { return path.join(this.folder, 'monmap'); }

  async #run(command, args) {
    const { code, stdout, stderr } = await runCommand(command, ['-c', this.conf, ...args]);
    if (code) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  #start(command, args) {
    const child = new Child(command, ['-c', this.conf, '-f', ...args], { lifetimeMs: 600_000 });
    this.children.unshift(child);
    return child;
  }

  // For the bucket "garden" alone: no wildcard reaches up to a top-level name such as localhost.
  async #makeCertificate() {
    const { code, stderr } = await runCommand('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
      '-nodes', '-subj', '/CN=test', '-addext', 'subjectAltName=DNS:localhost,DNS:garden.localhost',
      '-keyout', path.join(this.folder, 'key.pem'), '-out', this.certificate]);
    if (code) throw new Error(`openssl: ${stderr}`);
  }

  async #makeKeyring() {
    const keyring = path.join(this.folder, 'keyring');
    writeFileSync(keyring, '');
    for (const [name, daemons] of Object.entries(KEYRING_USERS)) {
      const allowed = daemons.flatMap((daemon) => ['--cap', daemon, 'allow *']);
      await this.#run('ceph-authtool', [keyring, '--gen-key', '-n', name, ...allowed]);
    }
  }

  async #startMonitor(port) {
    await this.#run('monmaptool', ['--create', '--fsid', CLUSTER, '--addv', 'a', `[v2:127.0.0.1:${port}]`, this.#monmap]);
    await this.#run('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', this.#monmap]);
    this.#start('ceph-mon', ['-i', 'a']);
  }

  async #startStorage() {
    await this.#run('ceph', ['osd', 'new', OSD, '0']);
    await this.#run('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', OSD]);
    this.#start('ceph-osd', ['-i', '0']);
    await until('the object daemon to be up', async () => /\b1 up/.test(await this.#run('ceph', ['osd', 'stat'])));
  }

  async #startGateway() {
    const gateway = this.#start('radosgw', ['-n', 'client.rgw']);
    await until('the gateway to answer', async () => {
      if (!gateway.isRunning) throw Object.assign(new Error('radosgw ended'), { isFinal: true });
      return (await fetch(this.endpoint)).ok;
    }, { timeout: 30_000 });
  }
}
