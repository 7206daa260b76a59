/* SPDX-License-Identifier: Apache-2.0 */
#include "srt_port.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "config.h"
#include "ingest/srt_gate.h"
#include "ingest/srt_host.h"
#include "ingest/srt_listener.h"
#include "live/live_host.h"
#include "live/srt_access.h"

struct srt_port {
    const struct address *address;
    struct srt_listener *listener;
    struct srt_access_sources sources;
    struct srt_gate *gate;
    struct srt_host **hosts; /* one per loop */
    int host_count;
};

int srt_port_open(struct srt_port **out, const struct config *config)
{
    struct srt_listener_config listener = {
        .host = config->srt.host,
        .port = config->srt.port,
        .latency_ms = config->srt_latency_ms,
    };
    struct srt_port *port;
    int err;

    *out = NULL;
    if (!config->srt.is_on)
        return 0;
    port = mem_zalloc(sizeof(*port));
    port->address = &config->srt;
    err = srt_listener_create(&port->listener, &listener);
    if (err) {
        log_error("weir", "cannot listen: port=srt address=%s:%d err=%s", config->srt.host,
                  config->srt.port, err_str(err));
        srt_port_destroy(port);
        return err;
    }
    *out = port;
    return 0;
}

int srt_port_number(const struct srt_port *port)
{
    return port ? srt_listener_port(port->listener) : 0;
}

void srt_port_print(const struct srt_port *port)
{
    if (port)
        printf(strchr(port->address->host, ':') ? "%-9ssrt://[%s]:%d\n" : "%-9ssrt://%s:%d\n",
               "srt", port->address->host, srt_port_number(port));
}

void srt_port_add_loop(struct srt_port *port, int index, int count, struct loop *loop,
                       struct live_host *live)
{
    if (!port)
        return;
    if (!port->hosts)
        port->hosts = mem_zalloc((size_t)count * sizeof(struct srt_host *));
    port->host_count = count;
    port->hosts[index] = srt_host_create(loop, &live_host_ingest_events, live);
}

int srt_port_start(struct srt_port *port, const struct srt_port_services *services)
{
    struct srt_gate_config gate = { .find = srt_access_find };

    if (!port)
        return 0;
    port->sources = (struct srt_access_sources){ services->store, services->registry };
    gate.workers = services->workers;
    gate.ctx = &port->sources;
    port->gate = srt_gate_create(&gate);
    return srt_listener_start(port->listener, port->gate, port->hosts, port->host_count);
}

void srt_port_stop(struct srt_port *port)
{
    if (port)
        srt_listener_stop(port->listener);
}

void srt_port_end(struct srt_port *port)
{
    if (port)
        srt_listener_end(port->listener);
}

void srt_port_close_loop(struct srt_port *port, int index)
{
    if (port)
        srt_host_close(port->hosts[index]);
}

void srt_port_destroy(struct srt_port *port)
{
    if (!port)
        return;
    srt_listener_destroy(port->listener);
    for (int i = 0; i < port->host_count; i++)
        srt_host_destroy(port->hosts[i]);
    srt_gate_destroy(port->gate);
    mem_free(port->hosts);
    mem_free(port);
}
