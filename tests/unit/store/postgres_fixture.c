/* SPDX-License-Identifier: Apache-2.0 */
#include "postgres_fixture.h"

#include <dirent.h>
#include <ftw.h>
#include <glob.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

#define START_MS 30000

struct postgres_fixture {
    char bin[128]; /* the folder with initdb and postgres */
    char dir[64];
    char url[256];
    pid_t pid;
    int schemas;
};

/* Debian keeps the server's programs out of PATH, a folder per version; the newest comes last. */
static bool find_programs(char bin[128])
{
    glob_t found;
    bool is_there = !glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &found);

    if (is_there)
        snprintf(bin, 128, "%.*s",
                 (int)(strlen(found.gl_pathv[found.gl_pathc - 1]) - strlen("/postgres")),
                 found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return is_there;
}

/* The server refuses to run as root. */
static void become_somebody(void)
{
    struct passwd *nobody = getuid() ? NULL : getpwnam("nobody");

    if (nobody && (setgid(nobody->pw_gid) || setuid(nobody->pw_uid)))
        _exit(126);
}

/* In the child: quiet, and gone when the test is. */
static pid_t spawn(struct postgres_fixture *pg, const char *program, char *argv[])
{
    char path[160];
    pid_t pid;

    snprintf(path, sizeof(path), "%s/%s", pg->bin, program);
    pid = fork();
    if (pid)
        return pid;
    become_somebody();
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (chdir(pg->dir) || !freopen("log", "a", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        _exit(126);
    argv[0] = path; /* where it looks for its own files */
    execv(path, argv);
    _exit(127);
}

static void make_cluster(struct postgres_fixture *pg)
{
    char *argv[] = { (char *)"initdb",
                     (char *)"--no-sync",
                     (char *)"-D",
                     (char *)"data",
                     (char *)"-U",
                     (char *)"weir",
                     (char *)"-A",
                     (char *)"trust",
                     (char *)"-E",
                     (char *)"UTF8",
                     (char *)"--locale",
                     (char *)"C",
                     NULL };
    struct passwd *nobody = getpwnam("nobody");
    int status;

    strcpy(pg->dir, "/tmp/weir-pg-XXXXXX");
    assert_non_null(mkdtemp(pg->dir));
    if (!getuid())
        assert_int_equal(chown(pg->dir, nobody->pw_uid, nobody->pw_gid), 0);
    assert_int_equal(waitpid(spawn(pg, "initdb", argv), &status, 0) < 0, 0);
    assert_int_equal(status, 0);
}

void postgres_fixture_start(struct postgres_fixture *pg)
{
    char *argv[] = { (char *)"postgres",
                     (char *)"-D",
                     (char *)"data",
                     (char *)"-k",
                     pg->dir,
                     (char *)"-c",
                     (char *)"listen_addresses=",
                     (char *)"-c",
                     (char *)"fsync=off",
                     (char *)"-c",
                     (char *)"shared_buffers=16MB",
                     NULL };
    const struct timespec pause = { .tv_nsec = 10000000 };
    int64_t deadline = clock_mono_ms() + START_MS;

    snprintf(pg->url, sizeof(pg->url), "postgresql:///postgres?host=%s&user=weir", pg->dir);
    pg->pid = spawn(pg, "postgres", argv);
    while (PQping(pg->url) != PQPING_OK) {
        assert_int_equal(waitpid(pg->pid, NULL, WNOHANG), 0);
        assert_true(clock_mono_ms() < deadline);
        nanosleep(&pause, NULL);
    }
}

void postgres_fixture_crash(struct postgres_fixture *pg)
{
    kill(pg->pid, SIGQUIT);
    assert_int_equal(waitpid(pg->pid, NULL, 0), pg->pid);
    pg->pid = 0;
}

struct postgres_fixture *postgres_fixture_create(void)
{
    struct postgres_fixture *pg = mem_zalloc(sizeof(*pg));

    if (!find_programs(pg->bin)) {
        puts("SKIPPED on PostgreSQL: the package postgresql is not installed");
        mem_free(pg);
        return NULL;
    }
    make_cluster(pg);
    postgres_fixture_start(pg);
    return pg;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}

void postgres_fixture_destroy(struct postgres_fixture *pg)
{
    if (!pg)
        return;
    if (pg->pid)
        postgres_fixture_crash(pg);
    nftw(pg->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    mem_free(pg);
}

const char *postgres_fixture_new_url(struct postgres_fixture *pg)
{
    static char url[320];
    char text[64];
    PGconn *conn = PQconnectdb(pg->url);
    PGresult *result;

    snprintf(text, sizeof(text), "CREATE SCHEMA test%d", ++pg->schemas);
    result = PQexec(conn, text);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(conn);
    snprintf(url, sizeof(url), "%s&options=-csearch_path%%3Dtest%d", pg->url, pg->schemas);
    return url;
}
