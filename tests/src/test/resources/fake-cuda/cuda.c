/* A libcuda.so.1 for tests: device memory is malloc, streams run at once, a graph is a list of launches. It checks what a
   driver checks (current context, known handles, known addresses) and answers with CUDA's codes.

   -DVERSION=12060      what cuDriverGetVersion says
   -DINIT=0             what cuInit says
   -DGPUS=1             how many there are
   -DCAPABILITY=90      their compute capability
   -DLACK_GRAPHS        leaves out cuGraphLaunch, as an old driver might

   Kernels are known by name: "scale" (u64 x, s32 n, f32 factor, u64 sum) multiplies n floats at x and writes their sum to
   sum as a double; "shared" wants 1000 bytes of dynamic shared memory or more; "fault" loses the context. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef VERSION
#define VERSION 12060
#endif
#ifndef INIT
#define INIT 0
#endif
#ifndef GPUS
#define GPUS 1
#endif
#ifndef CAPABILITY
#define CAPABILITY 90
#endif
#define MEMORY (64ull << 20)

enum { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, INVALID_CONTEXT = 201, INVALID_PTX = 218,
       INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700, CAPTURE_UNSUPPORTED = 900 };
typedef uint64_t ptr;
typedef struct { uint32_t magic, capturing; struct graph *graph; } stream;
typedef struct { uint32_t magic; int recorded; } event;
typedef struct { uint32_t magic; char text[1 << 16]; } module;
typedef struct { uint32_t magic; char name[64]; int dynamic; } function;
typedef struct { function *f; ptr x, sum; int n; float factor; } launch;
typedef struct graph { uint32_t magic; int n; launch launches[64]; } graph;
enum { STREAM = 0x51, EVENT = 0xE7, MODULE = 0x30D, FUNCTION = 0xF0, GRAPH = 0x64 };

static int initialized, retained, lost;
static __thread void *current;
static struct { char *at; size_t bytes; } blocks[4096];
static size_t used;

#define ENTER if (!initialized) return NOT_INITIALIZED; if (current != &retained || !retained) return INVALID_CONTEXT; if (lost) return lost;
#define KNOWN(h, m) if (!(h) || (h)->magic != (m)) return INVALID_HANDLE;

static int inside(ptr at, size_t bytes) {
    for (int i = 0; i < 4096; i++)
        if (blocks[i].at && at >= (ptr) blocks[i].at && at + bytes <= (ptr) blocks[i].at + blocks[i].bytes) return 1;
    return 0;
}

int cuInit(unsigned flags) { initialized = INIT == 0; return INIT; }
int cuDriverGetVersion(int *v) { *v = VERSION; return OK; }
int cuDeviceGetCount(int *n) { if (!initialized) return NOT_INITIALIZED; *n = GPUS; return OK; }
int cuDeviceGet(int *d, int i) { if (!initialized) return NOT_INITIALIZED; if (i < 0 || i >= GPUS) return 101; *d = i; return OK; }
int cuDeviceGetName(char *name, int n, int d) { snprintf(name, n, "Fake GPU %d", d); return OK; }
int cuDeviceTotalMem_v2(size_t *n, int d) { *n = MEMORY; return OK; }
int cuDeviceGetAttribute(int *v, int a, int d) {
    switch (a) { case 16: *v = 132; break; case 75: *v = CAPABILITY / 10; break; case 76: *v = CAPABILITY % 10; break;
                 case 97: *v = 232448; break; default: return INVALID_VALUE; }
    return OK;
}
int cuDevicePrimaryCtxRetain(void **c, int d) { retained++; *c = &retained; return OK; }
int cuDevicePrimaryCtxRelease_v2(int d) { if (!retained) return INVALID_CONTEXT; retained--; return OK; }
int cuCtxSetCurrent(void *c) { current = c; return OK; }

static int give(void **p, size_t bytes, size_t limit) {
    if (!bytes) return INVALID_VALUE;
    if (limit && used + bytes > limit) return OUT_OF_MEMORY;
    for (int i = 0; i < 4096; i++)
        if (!blocks[i].at) {
            blocks[i].at = aligned_alloc(256, (bytes + 255) / 256 * 256); blocks[i].bytes = bytes;
            memset(blocks[i].at, 0xCD, bytes); used += bytes; *p = blocks[i].at; return OK;
        }
    return OUT_OF_MEMORY;
}
static int take(void *p) {
    for (int i = 0; i < 4096; i++)
        if (p && blocks[i].at == p) { used -= blocks[i].bytes; free(p); blocks[i].at = 0; return OK; }
    return INVALID_VALUE;
}
int cuMemAlloc_v2(ptr *p, size_t bytes) { ENTER return give((void **) p, bytes, MEMORY); }
int cuMemFree_v2(ptr p) { ENTER return take((void *) p); }
int cuMemGetInfo_v2(size_t *free, size_t *total) { ENTER *free = MEMORY - used; *total = MEMORY; return OK; }
int cuMemHostAlloc(void **p, size_t bytes, unsigned flags) { ENTER if (flags != 1) return INVALID_VALUE; return give(p, bytes, 0); }
int cuMemFreeHost(void *p) { ENTER return take(p); }
static int copy(ptr to, ptr from, size_t bytes, stream *s) {
    KNOWN(s, STREAM) if (s->capturing) return CAPTURE_UNSUPPORTED;
    if (!inside(to, bytes) || !inside(from, bytes)) return INVALID_VALUE;
    memmove((void *) to, (void *) from, bytes); return OK;
}
int cuMemcpyHtoDAsync_v2(ptr to, ptr from, size_t n, stream *s) { ENTER return copy(to, from, n, s); }
int cuMemcpyDtoHAsync_v2(ptr to, ptr from, size_t n, stream *s) { ENTER return copy(to, from, n, s); }
int cuMemcpyDtoDAsync_v2(ptr to, ptr from, size_t n, stream *s) { ENTER return copy(to, from, n, s); }
int cuMemsetD8Async(ptr to, unsigned char v, size_t n, stream *s) {
    ENTER KNOWN(s, STREAM) if (!inside(to, n)) return INVALID_VALUE; memset((void *) to, v, n); return OK;
}

int cuStreamCreate(stream **s, unsigned flags) {
    ENTER if (flags != 1) return INVALID_VALUE; *s = calloc(1, sizeof **s); (*s)->magic = STREAM; return OK;
}
int cuStreamDestroy_v2(stream *s) { ENTER KNOWN(s, STREAM) s->magic = 0; return OK; }
int cuStreamSynchronize(stream *s) { ENTER KNOWN(s, STREAM) return s->capturing ? CAPTURE_UNSUPPORTED : OK; }
int cuStreamWaitEvent(stream *s, event *e, unsigned flags) { ENTER KNOWN(s, STREAM) KNOWN(e, EVENT) return flags ? INVALID_VALUE : OK; }
int cuEventCreate(event **e, unsigned flags) { ENTER *e = calloc(1, sizeof **e); (*e)->magic = EVENT; return OK; }
int cuEventDestroy_v2(event *e) { ENTER KNOWN(e, EVENT) e->magic = 0; return OK; }
int cuEventRecord(event *e, stream *s) { ENTER KNOWN(e, EVENT) KNOWN(s, STREAM) e->recorded++; return OK; }
int cuEventQuery(event *e) { ENTER KNOWN(e, EVENT) return e->recorded ? OK : NOT_READY; }
int cuEventSynchronize(event *e) { ENTER KNOWN(e, EVENT) return OK; }
int cuEventElapsedTime(float *ms, event *a, event *b) { ENTER KNOWN(a, EVENT) KNOWN(b, EVENT) *ms = 1.5f; return OK; }

int cuModuleLoadDataEx(module **m, const char *text, unsigned n, int *options, void **values) {
    ENTER
    char *log = 0; size_t bytes = 0;
    for (unsigned i = 0; i < n; i++) { if (options[i] == 5) log = values[i]; if (options[i] == 6) bytes = (size_t) values[i]; }
    if (!strstr(text, ".version")) { if (log) snprintf(log, bytes, "ptxas fatal : no version line"); return INVALID_PTX; }
    if (strstr(text, "inlined_at")) { if (log) snprintf(log, bytes, "ptxas crashes on this"); return INVALID_PTX; }
    *m = calloc(1, sizeof **m); (*m)->magic = MODULE; strncpy((*m)->text, text, sizeof (*m)->text - 1); return OK;
}
int cuModuleUnload(module *m) { ENTER KNOWN(m, MODULE) m->magic = 0; return OK; }
int cuModuleGetFunction(function **f, module *m, const char *name) {
    ENTER KNOWN(m, MODULE) char entry[80]; snprintf(entry, sizeof entry, ".entry %s(", name);
    if (!strstr(m->text, entry)) return NOT_FOUND;
    *f = calloc(1, sizeof **f); (*f)->magic = FUNCTION; snprintf((*f)->name, sizeof (*f)->name, "%s", name); return OK;
}
int cuFuncSetAttribute(function *f, int a, int v) { ENTER KNOWN(f, FUNCTION) if (a != 8 || v > 232448) return INVALID_VALUE; f->dynamic = v; return OK; }
static int run(launch *l) {
    if (!inside(l->x, 4ull * l->n) || !inside(l->sum, 8)) { lost = ILLEGAL_ADDRESS; return OK; }
    float *x = (float *) l->x; double sum = 0;
    for (int i = 0; i < l->n; i++) { x[i] *= l->factor; sum += x[i]; }
    *(double *) l->sum = sum; return OK;
}
int cuLaunchKernel(function *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                   stream *s, void **params, void **extra) {
    ENTER KNOWN(f, FUNCTION) KNOWN(s, STREAM)
    if (!gx || !gy || !gz || !bx || !by || !bz || bx * by * bz > 1024 || extra) return INVALID_VALUE;
    if (shared > 49152 && shared > (unsigned) f->dynamic) return INVALID_VALUE;
    if (!strcmp(f->name, "shared")) return shared >= 1000 ? OK : INVALID_VALUE;
    if (!strcmp(f->name, "fault")) { lost = ILLEGAL_ADDRESS; return OK; }
    launch l = { f, *(ptr *) params[0], *(ptr *) params[3], *(int *) params[1], *(float *) params[2] };
    if (s->capturing) { s->graph->launches[s->graph->n++] = l; return OK; }
    return run(&l);
}

int cuStreamBeginCapture_v2(stream *s, int mode) {
    ENTER KNOWN(s, STREAM) if (mode != 1 || s->capturing) return INVALID_VALUE;
    s->capturing = 1; s->graph = calloc(1, sizeof(graph)); s->graph->magic = GRAPH; return OK;
}
int cuStreamEndCapture(stream *s, graph **g) {
    ENTER KNOWN(s, STREAM) if (!s->capturing) return INVALID_VALUE; s->capturing = 0; *g = s->graph; return OK;
}
int cuGraphInstantiateWithFlags(graph **e, graph *g, unsigned long long flags) {
    ENTER KNOWN(g, GRAPH) if (flags) return INVALID_VALUE; *e = malloc(sizeof **e); memcpy(*e, g, sizeof **e); return OK;
}
#ifndef LACK_GRAPHS
int cuGraphLaunch(graph *e, stream *s) {
    ENTER KNOWN(e, GRAPH) KNOWN(s, STREAM) for (int i = 0; i < e->n; i++) run(&e->launches[i]); return OK;
}
#endif
int cuGraphDestroy(graph *g) { ENTER KNOWN(g, GRAPH) g->magic = 0; return OK; }
int cuGraphExecDestroy(graph *e) { ENTER KNOWN(e, GRAPH) e->magic = 0; return OK; }
int cuGetErrorName(int code, const char **name) {
    switch (code) { case 1: *name = "CUDA_ERROR_INVALID_VALUE"; break; case 2: *name = "CUDA_ERROR_OUT_OF_MEMORY"; break;
                    case 218: *name = "CUDA_ERROR_INVALID_PTX"; break; case 500: *name = "CUDA_ERROR_NOT_FOUND"; break;
                    case 700: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; break; default: *name = 0; return INVALID_VALUE; }
    return OK;
}
int cuGetErrorString(int code, const char **text) { *text = "as the fake driver says"; return OK; }
