/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's sound: decodes once, encodes in every wanted bit rate.
 * Thread: the one that created it; the work is done on a thread of its own. */
#ifndef TRANSCODE_AUDIO_PIPELINE_H
#define TRANSCODE_AUDIO_PIPELINE_H

#include "transcode/transcode_link.h"

struct audio_pipeline;
struct worker_port;

/* Borrows both for its life. */
int audio_pipeline_create(struct audio_pipeline **out, const struct transcode_setup *setup,
                          struct worker_port *port);
/* Both copy what they get and never wait. */
void audio_pipeline_set_config(struct audio_pipeline *a, const struct link_config *config);
void audio_pipeline_push(struct audio_pipeline *a, const struct link_packet *packet);
/* Sends everything that is in the pipeline, then ends its thread. */
void audio_pipeline_finish(struct audio_pipeline *a);
/* False while the thread has been at the same packet for too long. */
bool audio_pipeline_is_alive(const struct audio_pipeline *a);
/* After audio_pipeline_finish(). NULL is fine. */
void audio_pipeline_destroy(struct audio_pipeline *a);

#endif
