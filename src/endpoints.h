/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that customers are told, from the settings and the ports that are really open.
 * Thread: any; a pure function. */
#ifndef ENDPOINTS_H
#define ENDPOINTS_H

struct config;

#define ENDPOINT_SIZE 320

/* Ports that listen; 0: off. */
struct open_ports {
    int http, https, rtmp, rtmps, srt;
};

struct endpoints {
    char public_url[ENDPOINT_SIZE]; /* base of playback URLs, without a slash at the end */
    char api_url[ENDPOINT_SIZE];    /* for AWS_ENDPOINT_URL_IVS on this machine */
    char ingest[ENDPOINT_SIZE];     /* Channel.ingestEndpoint */
    char rtmps_url[ENDPOINT_SIZE];  /* "" if there is no TLS ingest */
    char rtmp_url[ENDPOINT_SIZE];   /* "" if there is no ingest in clear */
    char srt[ENDPOINT_SIZE];        /* Channel.srt.endpoint; "" if there is no SRT ingest */
};

void endpoints_derive(struct endpoints *out, const struct config *config,
                      const struct open_ports *ports);

#endif
