/* SPDX-License-Identifier: Apache-2.0 */
/* Packages an FLV file as a live stream would be, to look at the result with other people's tools:
 *
 *   package_flv ts|fmp4 INPUT.flv OUTPUT_DIRECTORY
 *
 * Writes segments (s0.ts), parts (s0.p0.ts), the init sections (init0.mp4), all of a stream in one
 * file (all.ts, all.mp4), the audio-only rendition (audio.ts, audio.mp4) and prints a line for each
 * part and segment. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tests/flv_file.h"
#include "tests/package_chain.h"

#define INPUT_MAX (256 << 20)
#define PATH_SIZE 1024

struct tool {
    struct package_chain chain;
    struct flv_file flv;
    const char *directory, *suffix;
    FILE *all, *all_audio;
    int init_written, audio_init_written;
};

static FILE *open_output(const struct tool *tool, const char *name)
{
    char path[PATH_SIZE];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s.%s", tool->directory, name, tool->suffix);
    file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static void put(FILE *file, const struct bytes *data)
{
    if (data && fwrite(data->data, 1, data->len, file) != data->len)
        perror("write");
}

static void put_init(struct tool *tool, const struct segment *segment)
{
    char name[64];
    FILE *file;

    if (!segment->init || segment->init_number < tool->init_written)
        return;
    snprintf(name, sizeof(name), "init%d", segment->init_number);
    file = open_output(tool, name);
    put(file, segment->init);
    fclose(file);
    put(tool->all, segment->init);
    tool->init_written = segment->init_number + 1;
}

static void on_part(struct segment *growing, void *ctx)
{
    struct tool *tool = ctx;
    const struct part *part = growing->parts[growing->part_count - 1];
    char name[64];
    FILE *file;

    put_init(tool, growing);
    snprintf(name, sizeof(name), "s%" PRId64 ".p%d", growing->number, growing->part_count - 1);
    file = open_output(tool, name);
    put(file, part->data);
    fclose(file);
    put(tool->all, part->data);
    printf("part segment=%" PRId64 " number=%" PRId64 " start=%" PRId64 " duration=%" PRId64
           " independent=%d gap=%d bytes=%zu\n",
           growing->number, part->number, part->start, part->duration, part->is_independent,
           part->is_gap, part->data ? part->data->len : 0);
}

static void on_segment(struct segment *segment, void *ctx)
{
    struct tool *tool = ctx;
    char name[64];
    FILE *file;

    snprintf(name, sizeof(name), "s%" PRId64, segment->number);
    file = open_output(tool, name);
    for (int i = 0; i < segment->part_count; i++)
        put(file, segment->parts[i]->data);
    fclose(file);
    printf("segment number=%" PRId64 " start=%" PRId64 " duration=%" PRId64
           " independent=%d gap=%d discontinuity=%d init=%d parts=%d wall_ms=%" PRId64 "\n",
           segment->number, segment->start, segment->duration, segment->is_independent,
           segment->is_gap, segment->is_discontinuity, segment->init_number, segment->part_count,
           segment->wall_ms);
}

static void on_audio_part(struct segment *growing, void *ctx)
{
    struct tool *tool = ctx;

    if (growing->init && growing->init_number >= tool->audio_init_written) {
        put(tool->all_audio, growing->init);
        tool->audio_init_written = growing->init_number + 1;
    }
    put(tool->all_audio, growing->parts[growing->part_count - 1]->data);
}

static void on_audio_segment(struct segment *segment, void *ctx)
{
    printf("audio number=%" PRId64 " start=%" PRId64 " duration=%" PRId64 " parts=%d gap=%d\n",
           segment->number, segment->start, segment->duration, segment->part_count,
           segment->is_gap);
}

static void on_packet(struct packet *packet, void *ctx)
{
    struct tool *tool = ctx;

    chain_push(&tool->chain, packet);
}

static uint8_t *read_input(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *input = mem_alloc(INPUT_MAX);

    if (!file) {
        perror(path);
        exit(1);
    }
    *len = fread(input, 1, INPUT_MAX, file);
    fclose(file);
    return input;
}

int main(int argc, char **argv)
{
    static const struct segmenter_events events = { on_part, on_segment };
    struct tool tool = { 0 };
    uint8_t *input;
    size_t len;
    bool is_ts;

    if (argc != 4) {
        fprintf(stderr, "usage: package_flv ts|fmp4 INPUT.flv OUTPUT_DIRECTORY\n");
        return 2;
    }
    is_ts = !strcmp(argv[1], "ts");
    tool.directory = argv[3];
    tool.suffix = is_ts ? "ts" : "mp4";
    tool.all = open_output(&tool, "all");
    tool.all_audio = open_output(&tool, "audio");
    chain_init(&tool.chain, is_ts ? &mux_mpegts : &mux_fmp4, &events, &tool);
    tool.chain.audio_events = (struct segmenter_events){ on_audio_part, on_audio_segment };
    input = read_input(argv[2], &len);
    flv_file_read(&tool.flv, input, len, on_packet, &tool);
    chain_pause(&tool.chain);
    chain_clear(&tool.chain);
    flv_file_clear(&tool.flv);
    mem_free(input);
    fclose(tool.all);
    fclose(tool.all_audio);
    return tool.chain.err ? 1 : 0;
}
