/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include <stdio.h>
#include <string.h>

#include "config.h"

#define HTTP_PORT  80
#define HTTPS_PORT 443
#define SRT_PORT   9000

/* What to call an address: its name if one was given, loopback where it listens everywhere. */
static void write_host(char out[ENDPOINT_SIZE], const struct config *config,
                       const struct address *address)
{
    const char *host = *config->public_host ? config->public_host : address->host;

    if (strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    if (strcmp(host, "::") == 0)
        host = "::1";
    snprintf(out, ENDPOINT_SIZE, strchr(host, ':') ? "[%s]" : "%s", host);
}

static bool is_default_port(const char *scheme, int port)
{
    return (strcmp(scheme, "https") == 0 && port == HTTPS_PORT) ||
           (strcmp(scheme, "http") == 0 && port == HTTP_PORT);
}

static void write_url(char out[ENDPOINT_SIZE], const char *scheme, const struct config *config,
                      const struct address *address, int port, const char *path)
{
    char host[ENDPOINT_SIZE];

    write_host(host, config, address);
    if (is_default_port(scheme, port))
        snprintf(out, ENDPOINT_SIZE, "%s://%.255s%s", scheme, host, path);
    else
        snprintf(out, ENDPOINT_SIZE, "%s://%.255s:%d%s", scheme, host, port, path);
}

static void write_public_url(struct endpoints *out, const struct config *config,
                             const struct open_ports *ports)
{
    size_t len;

    if (*config->public_url)
        snprintf(out->public_url, sizeof(out->public_url), "%s", config->public_url);
    else if (ports->https && (*config->tls_cert || !ports->http))
        write_url(out->public_url, "https", config, &config->https, ports->https, "");
    else
        write_url(out->public_url, "http", config, &config->http, ports->http, "");
    for (len = strlen(out->public_url); len && out->public_url[len - 1] == '/'; len--)
        out->public_url[len - 1] = '\0';
}

/* Production code builds rtmps://<ingestEndpoint>:443/app/, so there is no port then. */
static void write_ingest(struct endpoints *out, const struct config *config,
                         const struct open_ports *ports)
{
    const struct address *address = ports->rtmps ? &config->rtmps : &config->https;
    int port = ports->rtmps ? ports->rtmps : ports->https;
    char host[ENDPOINT_SIZE];

    if (ports->https == HTTPS_PORT) {
        address = &config->https;
        port = HTTPS_PORT;
    }
    if (!port) {
        address = &config->rtmp;
        port = ports->rtmp;
    }
    write_host(host, config, address);
    if (port == HTTPS_PORT)
        snprintf(out->ingest, sizeof(out->ingest), "%s", host);
    else
        snprintf(out->ingest, sizeof(out->ingest), "%.255s:%d", host, port);
}

/* Whoever follows the documentation of IVS adds :9000, so there is no port then. */
static void write_srt(struct endpoints *out, const struct config *config, int port)
{
    char host[ENDPOINT_SIZE];

    write_host(host, config, &config->srt);
    if (port == SRT_PORT)
        snprintf(out->srt, sizeof(out->srt), "%s", host);
    else
        snprintf(out->srt, sizeof(out->srt), "%.255s:%d", host, port);
}

void endpoints_derive(struct endpoints *out, const struct config *config,
                      const struct open_ports *ports)
{
    *out = (struct endpoints){ 0 };
    write_public_url(out, config, ports);
    write_ingest(out, config, ports);
    if (ports->http)
        write_url(out->api_url, "http", config, &config->http, ports->http, "");
    else
        write_url(out->api_url, "https", config, &config->https, ports->https, "");
    if (ports->rtmps || ports->https)
        snprintf(out->rtmps_url, sizeof(out->rtmps_url), "rtmps://%.255s/app", out->ingest);
    if (ports->rtmp)
        write_url(out->rtmp_url, "rtmp", config, &config->rtmp, ports->rtmp, "/app");
    if (ports->srt)
        write_srt(out, config, ports->srt);
}
