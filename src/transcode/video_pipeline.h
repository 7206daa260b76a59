/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's video: decodes once, scales in a cascade, hands each rung its pictures.
 * Thread: the one that created it; decoding and scaling run on a thread of its own. */
#ifndef TRANSCODE_VIDEO_PIPELINE_H
#define TRANSCODE_VIDEO_PIPELINE_H

#include "transcode/transcode_link.h"

struct video_pipeline;
struct worker_port;

/* Borrows both for its life. */
int video_pipeline_create(struct video_pipeline **out, const struct transcode_setup *setup,
                          struct worker_port *port);
/* Both copy what they get and never wait. */
void video_pipeline_set_config(struct video_pipeline *v, const struct link_config *config);
void video_pipeline_push(struct video_pipeline *v, const struct link_packet *packet);
/* Sends everything that is in the pipeline, then ends its threads. */
void video_pipeline_finish(struct video_pipeline *v);
/* False while a thread has been at the same picture for too long. */
bool video_pipeline_is_alive(const struct video_pipeline *v);
void video_pipeline_add_stats(const struct video_pipeline *v, struct transcode_stats *stats);
/* After video_pipeline_finish(). NULL is fine. */
void video_pipeline_destroy(struct video_pipeline *v);

#endif
