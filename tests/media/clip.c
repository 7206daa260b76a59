/* SPDX-License-Identifier: Apache-2.0 */
#include "clip.h"

#include <libavformat/avformat.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "media/access_unit.h"
#include "media/codec.h"

#define ARGUMENTS_MAX 128

extern char **environ;

static void check(bool is_fine, const char *what, const char *path)
{
    if (is_fine)
        return;
    fprintf(stderr, "clip: %s: %s\n", what, path);
    abort();
}

/* -- making -- */

void clip_make(const char *path, const char *arguments)
{
    char *copy = mem_strdup(arguments), *rest = copy, *word;
    const char *argv[ARGUMENTS_MAX] = { "ffmpeg", "-nostdin", "-loglevel", "error", "-y" };
    int argc = 5, status = -1;
    pid_t pid;

    while ((word = strsep(&rest, " ")) && argc < ARGUMENTS_MAX - 2)
        if (*word)
            argv[argc++] = word;
    argv[argc] = path;
    check(posix_spawnp(&pid, "ffmpeg", NULL, NULL, (char *const *)(uintptr_t)argv, environ) == 0,
          "no ffmpeg", path);
    check(waitpid(pid, &status, 0) == pid && status == 0, "ffmpeg failed", arguments);
    mem_free(copy);
}

struct clip *clip_of(const char *arguments)
{
    char path[] = "/tmp/weir-clip-XXXXXX.mp4";
    int fd = mkstemps(path, 4);
    struct clip *clip;

    check(fd >= 0, "no temporary file", path);
    close(fd);
    clip_make(path, arguments);
    clip = clip_read(path);
    unlink(path);
    return clip;
}

/* -- reading -- */

static void read_configs(struct clip *clip, AVFormatContext *file, int *length_size)
{
    for (unsigned i = 0; i < file->nb_streams; i++) {
        const AVCodecParameters *par = file->streams[i]->codecpar;
        size_t len = (size_t)par->extradata_size;
        if (par->codec_id == AV_CODEC_ID_H264) {
            check(codec_config_from_avcc(&clip->video, par->extradata, len) == 0, "avcC",
                  file->url);
            *length_size = avcc_length_size(par->extradata, len);
        } else if (par->codec_id == AV_CODEC_ID_AAC) {
            check(codec_config_from_asc(&clip->audio, par->extradata, len) == 0, "ASC", file->url);
        }
    }
}

static struct packet *make_packet(const struct clip *clip, const AVFormatContext *file,
                                  const AVPacket *in, int length_size)
{
    const AVStream *stream = file->streams[in->stream_index];
    AVRational to = { 1, MEDIA_TIMESCALE };
    struct access_unit unit = { 0 };
    struct packet *packet;

    if (stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) {
        packet = packet_create(clip->audio, bytes_copy(in->data, (size_t)in->size));
    } else {
        check(access_unit_read(&unit, VIDEO_H264, in->data, (size_t)in->size, length_size) == 0 &&
                  unit.data,
              "access unit", file->url);
        packet = packet_create(clip->video, unit.data);
        packet->is_idr = unit.is_idr;
    }
    packet->dts = CLIP_START + av_rescale_q(in->dts, stream->time_base, to);
    packet->pts = CLIP_START + av_rescale_q(in->pts, stream->time_base, to);
    return packet;
}

struct clip *clip_read(const char *path)
{
    struct clip *clip = mem_zalloc(sizeof(*clip));
    AVFormatContext *file = NULL;
    AVPacket *in = av_packet_alloc();
    int length_size = 4;

    check(avformat_open_input(&file, path, NULL, NULL) == 0, "open", path);
    check(avformat_find_stream_info(file, NULL) >= 0, "streams", path);
    read_configs(clip, file, &length_size);
    while (av_read_frame(file, in) == 0) {
        if (clip->count % 256 == 0)
            clip->packets =
                mem_realloc(clip->packets, (clip->count + 256) * sizeof(*clip->packets));
        clip->packets[clip->count++] = make_packet(clip, file, in, length_size);
        av_packet_unref(in);
    }
    av_packet_free(&in);
    avformat_close_input(&file);
    return clip;
}

void clip_destroy(struct clip *clip)
{
    for (size_t i = 0; i < clip->count; i++)
        packet_unref(clip->packets[i]);
    codec_config_unref(clip->video);
    codec_config_unref(clip->audio);
    mem_free(clip->packets);
    mem_free(clip);
}

struct span {
    int pictures;
    int64_t first, last; /* presentation times */
};

static struct span span_of(const struct clip *clip)
{
    struct span span = { 0, INT64_MAX, 0 };

    for (size_t i = 0; i < clip->count; i++) {
        const struct packet *packet = clip->packets[i];
        if (packet->kind != MEDIA_VIDEO)
            continue;
        span.pictures++;
        span.first = packet->pts < span.first ? packet->pts : span.first;
        span.last = packet->pts > span.last ? packet->pts : span.last;
    }
    return span;
}

double clip_fps(const struct clip *clip)
{
    struct span span = span_of(clip);

    if (span.pictures < 2)
        return 30;
    return (span.pictures - 1) * (double)MEDIA_TIMESCALE / (double)(span.last - span.first);
}

int64_t clip_duration(const struct clip *clip)
{
    struct span span = span_of(clip);

    if (span.pictures < 2)
        return MEDIA_TIMESCALE;
    return (span.last - span.first) * span.pictures / (span.pictures - 1);
}

/* -- writing -- */

struct clip_writer {
    AVFormatContext *file;
    int stream_of[2]; /* by media_kind; -1: none */
};

static void add_track(struct clip_writer *writer, const struct codec_config *config)
{
    const struct bytes *extra;
    AVStream *stream;

    if (!config)
        return;
    extra = config->kind == MEDIA_VIDEO ? config->video.avcc : config->audio.asc;
    stream = avformat_new_stream(writer->file, NULL);
    stream->time_base = (AVRational){ 1, MEDIA_TIMESCALE };
    stream->codecpar->extradata = av_mallocz(extra->len + AV_INPUT_BUFFER_PADDING_SIZE);
    memcpy(stream->codecpar->extradata, extra->data, extra->len);
    stream->codecpar->extradata_size = (int)extra->len;
    if (config->kind == MEDIA_VIDEO) {
        stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
        stream->codecpar->codec_id = AV_CODEC_ID_H264;
        stream->codecpar->width = config->video.width;
        stream->codecpar->height = config->video.height;
    } else {
        stream->codecpar->codec_type = AVMEDIA_TYPE_AUDIO;
        stream->codecpar->codec_id = AV_CODEC_ID_AAC;
        stream->codecpar->sample_rate = config->audio.sample_rate;
        stream->codecpar->frame_size = 1024;
        av_channel_layout_default(&stream->codecpar->ch_layout, config->audio.channels);
    }
    writer->stream_of[config->kind] = stream->index;
}

struct clip_writer *clip_writer_create(const char *path, const struct codec_config *video,
                                       const struct codec_config *audio)
{
    struct clip_writer *writer = mem_zalloc(sizeof(*writer));
    AVDictionary *options = NULL;

    writer->stream_of[0] = writer->stream_of[1] = -1;
    check(avformat_alloc_output_context2(&writer->file, NULL, "mp4", path) >= 0, "format", path);
    add_track(writer, video);
    add_track(writer, audio);
    writer->file->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
    check(avio_open(&writer->file->pb, path, AVIO_FLAG_WRITE) >= 0, "create", path);
    av_dict_set(&options, "video_track_timescale", "90000", 0);
    check(avformat_write_header(writer->file, &options) >= 0, "header", path);
    av_dict_free(&options);
    return writer;
}

void clip_writer_add(struct clip_writer *writer, const struct packet *packet)
{
    AVPacket *out = av_packet_alloc();
    int stream = writer->stream_of[packet->kind];
    AVRational from = { 1, MEDIA_TIMESCALE };

    check(stream >= 0 && av_new_packet(out, (int)packet->data->len) == 0, "packet", "");
    memcpy(out->data, packet->data->data, packet->data->len);
    out->stream_index = stream;
    out->dts = packet->dts - CLIP_START;
    out->pts = packet->pts - CLIP_START;
    if (packet->is_idr || packet->kind == MEDIA_AUDIO)
        out->flags |= AV_PKT_FLAG_KEY;
    av_packet_rescale_ts(out, from, writer->file->streams[stream]->time_base);
    check(av_interleaved_write_frame(writer->file, out) == 0, "write", "");
    av_packet_free(&out);
}

void clip_writer_destroy(struct clip_writer *writer)
{
    if (!writer)
        return;
    check(av_write_trailer(writer->file) == 0, "trailer", "");
    avio_closep(&writer->file->pb);
    avformat_free_context(writer->file);
    mem_free(writer);
}
