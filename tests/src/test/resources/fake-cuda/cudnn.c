/* A libcudnn.so.9 for tests: NHWC convolutions of float32 in plain loops. The ranking of algorithms begins with one that is
   not deterministic and one whose workspace is large; the fused forward call is "not supported" for windows of 1 x 1. It
   refuses what the engine must not ask for: NCHW, float32 without CUDNN_FMA_MATH, the identity with another algorithm than 1. */
#include <stddef.h>
#include <stdlib.h>
enum { OK = 0, NOT_INITIALIZED = 1001, BAD_PARAM = 2000, NOT_SUPPORTED = 3000 };
typedef struct { int format, type, n, c, h, w; } tensor;
typedef struct { int ph, pw, sh, sw, mode, type, math; } conv;
typedef struct { int mode; } activation;
typedef struct { int algo, status; float time; size_t memory; int determinism, math, reserved[3]; } perf;
typedef struct { void *stream; } handle;
size_t cudnnGetVersion(void) { return 90501; }
size_t cudnnGetCudartVersion(void) { return 12060; }
const char *cudnnGetErrorString(int s) { return s == 2000 ? "CUDNN_STATUS_BAD_PARAM" : s == 3000 ? "CUDNN_STATUS_NOT_SUPPORTED" : "CUDNN_STATUS_OTHER"; }
int cudnnCreate(handle **h) { *h = calloc(1, sizeof **h); return OK; }
int cudnnDestroy(handle *h) { free(h); return OK; }
int cudnnSetStream(handle *h, void *s) { h->stream = s; return OK; }
#define MAKE(Name, type) int cudnnCreate##Name(type **d) { *d = calloc(1, sizeof **d); return OK; } int cudnnDestroy##Name(type *d) { free(d); return OK; }
MAKE(TensorDescriptor, tensor) MAKE(FilterDescriptor, tensor) MAKE(ConvolutionDescriptor, conv) MAKE(ActivationDescriptor, activation)
int cudnnSetTensor4dDescriptor(tensor *d, int format, int type, int n, int c, int h, int w) { *d = (tensor) { format, type, n, c, h, w }; return format == 1 ? OK : BAD_PARAM; }
int cudnnSetFilter4dDescriptor(tensor *d, int type, int format, int k, int c, int h, int w) { *d = (tensor) { format, type, k, c, h, w }; return format == 1 ? OK : BAD_PARAM; }
int cudnnSetConvolution2dDescriptor(conv *d, int ph, int pw, int sh, int sw, int dh, int dw, int mode, int type) {
    *d = (conv) { ph, pw, sh, sw, mode, type, 0 }; return dh == 1 && dw == 1 && mode == 1 && type == 0 ? OK : BAD_PARAM;
}
int cudnnSetConvolutionMathType(conv *d, int math) { d->math = math; return OK; }
int cudnnSetActivationDescriptor(activation *d, int mode, int nan, double coef) { d->mode = mode; return OK; }
static int ranking(int count, int *got, perf *p) {
    perf all[] = { { 0, OK, 1, 0, 0, 3 }, { 5, OK, 1, 1ull << 40, 1, 3 }, { 6, NOT_SUPPORTED, -1, 0, 1, 3 }, { 1, OK, 2, 64, 1, 3 } };
    *got = 0; for (int i = 0; i < 4 && i < count; i++) p[(*got)++] = all[i];
    return OK;
}
int cudnnGetConvolutionForwardAlgorithm_v7(handle *h, tensor *x, tensor *w, conv *c, tensor *y, int n, int *got, perf *p) { return ranking(n, got, p); }
int cudnnGetConvolutionBackwardDataAlgorithm_v7(handle *h, tensor *w, tensor *y, conv *c, tensor *x, int n, int *got, perf *p) { return ranking(n, got, p); }
int cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle *h, tensor *x, tensor *y, conv *c, tensor *w, int n, int *got, perf *p) { return ranking(n, got, p); }
/* Calls f for all products of a convolution: indices into x, w and y. */
enum { FORWARD, DATA, FILTER };
static int loops(handle *h, tensor *xd, float *x, tensor *wd, float *w, conv *c, int algo, void *ws, size_t bytes, tensor *yd, float *y, int what) {
    if (!h->stream) return NOT_INITIALIZED;
    if (xd->type != 0) return NOT_SUPPORTED;
    if (c->math != 3 || algo != 1 || bytes < 64 || !ws || wd->c != xd->c || wd->n != yd->c) return BAD_PARAM;
    for (int n = 0; n < yd->n; n++) for (int i = 0; i < yd->h; i++) for (int j = 0; j < yd->w; j++) for (int o = 0; o < yd->c; o++)
        for (int u = 0; u < wd->h; u++) for (int v = 0; v < wd->w; v++) for (int k = 0; k < xd->c; k++) {
            int r = i * c->sh + u - c->ph, s = j * c->sw + v - c->pw;
            if (r < 0 || r >= xd->h || s < 0 || s >= xd->w) continue;
            float *px = x + ((n * xd->h + r) * xd->w + s) * xd->c + k, *pw = w + ((o * wd->h + u) * wd->w + v) * wd->c + k, *py = y + ((n * yd->h + i) * yd->w + j) * yd->c + o;
            if (what == FORWARD) *py += *px * *pw; else if (what == DATA) *px += *pw * *py; else *pw += *px * *py;
        }
    return OK;
}
static size_t size(tensor *t) { return (size_t) t->n * t->c * t->h * t->w; }
static void clear(float *p, tensor *t) { for (size_t i = 0; i < size(t); i++) p[i] = 0; }
#define SCALES if (*alpha != 1 || *beta != 0) return BAD_PARAM;
int cudnnConvolutionForward(handle *h, float *alpha, tensor *xd, float *x, tensor *wd, float *w, conv *c, int algo, void *ws, size_t bytes, float *beta, tensor *yd, float *y) {
    SCALES clear(y, yd); return loops(h, xd, x, wd, w, c, algo, ws, bytes, yd, y, FORWARD);
}
int cudnnConvolutionBackwardData(handle *h, float *alpha, tensor *wd, float *w, tensor *yd, float *y, conv *c, int algo, void *ws, size_t bytes, float *beta, tensor *xd, float *x) {
    SCALES clear(x, xd); return loops(h, xd, x, wd, w, c, algo, ws, bytes, yd, y, DATA);
}
int cudnnConvolutionBackwardFilter(handle *h, float *alpha, tensor *xd, float *x, tensor *yd, float *y, conv *c, int algo, void *ws, size_t bytes, float *beta, tensor *wd, float *w) {
    SCALES clear(w, wd); return loops(h, xd, x, wd, w, c, algo, ws, bytes, yd, y, FILTER);
}
static void add(float *y, tensor *yd, float *b, tensor *bd) { for (size_t i = 0; i < size(yd); i++) y[i] += b[size(bd) == size(yd) ? i : i % yd->c]; }
static void relu(float *y, tensor *yd) { for (size_t i = 0; i < size(yd); i++) if (y[i] < 0) y[i] = 0; }
int cudnnConvolutionBiasActivationForward(handle *h, float *a1, tensor *xd, float *x, tensor *wd, float *w, conv *c, int algo, void *ws, size_t bytes,
                                          float *a2, tensor *zd, float *z, tensor *bd, float *b, activation *act, tensor *yd, float *y) {
    if (wd->h == 1) return NOT_SUPPORTED;
    if (!b || !z || (act->mode == 5 && algo != 1) || (act->mode != 5 && act->mode != 1)) return BAD_PARAM;
    float *kept = malloc(4 * size(yd)); for (size_t i = 0; i < size(yd); i++) kept[i] = *a2 ? z[i] : 0;
    clear(y, yd); int s = loops(h, xd, x, wd, w, c, algo, ws, bytes, yd, y, FORWARD);
    add(y, yd, kept, yd); free(kept); add(y, yd, b, bd); if (act->mode == 1) relu(y, yd);
    return s;
}
int cudnnAddTensor(handle *h, float *alpha, tensor *bd, float *b, float *beta, tensor *yd, float *y) { if (*alpha != 1 || *beta != 1) return BAD_PARAM; add(y, yd, b, bd); return OK; }
int cudnnActivationForward(handle *h, activation *act, float *alpha, tensor *xd, float *x, float *beta, tensor *yd, float *y) { SCALES if (act->mode != 1 || x != y) return BAD_PARAM; relu(y, yd); return OK; }
