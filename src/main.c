/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands, signals, exit status. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/mem.h"
#include "config.h"
#include "keys_command.h"
#include "server.h"

#define EXIT_FAILED 1
#define EXIT_USAGE  2

static int serve(int argc, char **argv);

/* clang-format off */
static const struct command {
    const char *name;
    const char *help;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "serve", "run the server",     serve },
    { "keys",  "manage access keys", keys_main },
};
/* clang-format on */

static void print_help(void)
{
    printf("usage: weir COMMAND [options]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        printf("  weir %-16s %s\n", commands[i].name, commands[i].help);
    printf("  weir %-16s %s\n\noptions of weir serve:\n", "--version", "print the version");
    config_print_help();
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* Only the main thread takes signals, by waiting for them; every other thread inherits this mask.
 */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* A second SIGTERM or SIGINT leaves at once. */
static void let_signals_kill(const sigset_t *set)
{
    pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void wait_for_the_end(const sigset_t *set, struct server *server)
{
    static const struct timespec check_interval = { .tv_sec = 1 };
    int signal_number;

    do {
        signal_number = sigtimedwait(set, NULL, &check_interval);
        if (signal_number < 0)
            server_check(server);
        else if (signal_number == SIGHUP)
            server_reload(server);
    } while (signal_number < 0 || signal_number == SIGHUP);
    log_info("weir", "stopping: signal=%s", strsignal(signal_number));
}

static int serve(int argc, char **argv)
{
    struct server *server = NULL;
    struct config config;
    char message[512];
    sigset_t signals;

    if (asks_for_help(argc, argv)) {
        print_help();
        return 0;
    }
    if (config_load(&config, argc, argv, message, sizeof(message))) {
        fprintf(stderr, "weir: %s\n", message);
        config_clear(&config);
        return EXIT_USAGE;
    }
    log_setup(config.log_level, config.log_format);
    raise_descriptor_limit();
    block_signals(&signals);
    if (server_start(&server, &config)) {
        config_clear(&config);
        return EXIT_FAILED;
    }
    wait_for_the_end(&signals, server);
    let_signals_kill(&signals);
    server_stop(server);
    config_clear(&config);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        puts("weir " WEIR_VERSION);
        return 0;
    }
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_help();
        return 0;
    }
    for (size_t i = 0; argc >= 2 && i < ARRAY_LEN(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    fprintf(stderr, "weir: unknown command '%s'; see weir --help\n", argc >= 2 ? argv[1] : "");
    return EXIT_USAGE;
}
