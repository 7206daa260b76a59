/* SPDX-License-Identifier: Apache-2.0 */
/* The stream id of an SRT handshake, in any of the forms that encoders use:
 *
 *   <key>    <key>?priority=3    publish:<key>
 *   #!::u=<key>,priority=3    #!::r=<key>,m=publish      (SRT Access Control Guidelines)
 *
 * Thread: any; pure function. */
#ifndef INGEST_SRT_STREAM_ID_H
#define INGEST_SRT_STREAM_ID_H

#include "ingest/stream_name.h"

#define SRT_STREAM_ID_MAX 512 /* what the handshake carries */

/* What is neither key nor the standard's own becomes the query. -EINVAL: no key in it, or
 * malformed; -ENOTSUP: the peer wants something else than to publish a stream; -EMSGSIZE. */
int srt_stream_id_parse(struct stream_name *out, const char *text);

#endif
