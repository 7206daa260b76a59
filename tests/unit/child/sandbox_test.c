/* SPDX-License-Identifier: Apache-2.0 */
/* Each promise is tried in a process of its own, from inside the sandbox. */
#include "child/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

#define MEMORY_MAX (512UL << 20)

/* Runs `inside` in the sandbox; its result is the answer. */
static bool holds(bool (*inside)(void))
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        if (sandbox_prepare() || sandbox_enter(MEMORY_MAX))
            _exit(100);
        _exit(inside() ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 100);
    return WEXITSTATUS(status) == 0;
}

static bool is_refused(long result)
{
    return result == -1 && errno == EPERM;
}

static bool the_log_is_out_of_reach(void)
{
    return is_refused(write(STDERR_FILENO, "", 0)) && is_refused(write(STDOUT_FILENO, "", 0));
}

static bool files_are_out_of_reach(void)
{
    return is_refused(open("/etc/passwd", O_RDONLY)) && is_refused(unlink("/tmp/anything")) &&
           is_refused(syscall(SYS_openat, AT_FDCWD, "/tmp/new", O_CREAT | O_WRONLY, 0600));
}

static bool sockets_are_out_of_reach(void)
{
    int pair[2];

    return is_refused(socket(AF_INET, SOCK_STREAM, 0)) &&
           is_refused(socket(AF_UNIX, SOCK_STREAM, 0)) &&
           (IS_SANITIZED || is_refused(socketpair(AF_UNIX, SOCK_STREAM, 0, pair)));
}

static bool programs_are_out_of_reach(void)
{
    char *const nothing[] = { NULL };

    return is_refused(execve("/bin/true", nothing, NULL)) &&
           is_refused(syscall(SYS_execveat, AT_FDCWD, "/bin/true", nothing, NULL, 0)) &&
           (IS_SANITIZED || is_refused(fork()));
}

static bool other_processes_are_out_of_reach(void)
{
    return is_refused(kill(getppid(), 0)) && is_refused(syscall(SYS_ptrace, 16, getppid(), 0, 0)) &&
           is_refused(syscall(SYS_tgkill, getppid(), getppid(), 0)) &&
           is_refused(prctl(PR_SET_DUMPABLE, 1));
}

static bool it_may_abort(void)
{
    return syscall(SYS_tgkill, getpid(), gettid(), 0) == 0;
}

static bool memory_never_becomes_executable(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page != MAP_FAILED && is_refused(mprotect(page, 4096, PROT_READ | PROT_EXEC)) &&
           mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED;
}

static bool memory_is_limited(void)
{
    return mmap(NULL, MEMORY_MAX, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static void *fill(void *arg)
{
    void *memory = mem_alloc(1 << 20);

    memset(memory, 1, 1 << 20);
    prctl(PR_SET_NAME, "named");
    mem_free(memory);
    return arg;
}

static bool threads_work(void)
{
    pthread_t threads[8];
    int words[8];
    void *result = NULL;

    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        if (pthread_create(&threads[i], NULL, fill, &words[i]))
            return false;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        if (pthread_join(threads[i], &result) || result != &words[i])
            return false;
    return true;
}

static bool there_are_no_core_dumps(void)
{
    struct rlimit limit;

    /* Asking is refused as well: what was set before counts. */
    return IS_SANITIZED ? getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0
                        : is_refused(getrlimit(RLIMIT_CORE, &limit));
}

static void refuses_files(void **state)
{
    if (IS_SANITIZED)
        return;
    assert_true(holds(files_are_out_of_reach));
    assert_true(holds(the_log_is_out_of_reach));
}

static void refuses_sockets(void **state)
{
    assert_true(holds(sockets_are_out_of_reach));
}

static void refuses_programs(void **state)
{
    assert_true(holds(programs_are_out_of_reach));
}

static void refuses_other_processes(void **state)
{
    if (!IS_SANITIZED)
        assert_true(holds(other_processes_are_out_of_reach));
    assert_true(holds(it_may_abort));
}

static void refuses_executable_memory(void **state)
{
    if (!IS_SANITIZED)
        assert_true(holds(memory_never_becomes_executable));
}

static void limits_memory(void **state)
{
    if (!IS_SANITIZED)
        assert_true(holds(memory_is_limited));
}

static void lets_threads_work(void **state)
{
    assert_true(holds(threads_work));
}

static void dumps_no_core(void **state)
{
    assert_true(holds(there_are_no_core_dumps));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_files),
        cmocka_unit_test(refuses_sockets),
        cmocka_unit_test(refuses_programs),
        cmocka_unit_test(refuses_other_processes),
        cmocka_unit_test(refuses_executable_memory),
        cmocka_unit_test(limits_memory),
        cmocka_unit_test(lets_threads_work),
        cmocka_unit_test(dumps_no_core),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
