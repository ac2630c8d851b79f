/* A libcublas for tests: column-major products in double, of float32, float16 and bfloat16, with float32 or half results. It
   refuses what the engine must not ask for: another compute type than 68 (32F, as counted since CUDA 11), a product before
   the workspace was set after the stream, a math mode that allows TF32.   -DMAJOR=12 or 13, -DLACK_WORKSPACE */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifndef MAJOR
#define MAJOR 12
#endif
enum { OK = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7, NOT_SUPPORTED = 15 };
typedef struct { int magic, math; void *stream, *workspace; } handle;

int cublasGetProperty(int which, int *value) { *value = which == 0 ? MAJOR : which == 1 ? 6 : 4; return OK; }
const char *cublasGetStatusName(int s) { return s == 7 ? "CUBLAS_STATUS_INVALID_VALUE" : s == 15 ? "CUBLAS_STATUS_NOT_SUPPORTED" : "CUBLAS_STATUS_OTHER"; }
int cublasCreate_v2(handle **h) { *h = calloc(1, sizeof **h); (*h)->magic = 0xB1A5; return OK; }
int cublasDestroy_v2(handle *h) { if (h->magic != 0xB1A5) return NOT_INITIALIZED; h->magic = 0; return OK; }
int cublasSetMathMode(handle *h, int mode) { h->math = mode; return OK; }
int cublasSetStream_v2(handle *h, void *s) { h->stream = s; h->workspace = 0; return OK; }
#ifndef LACK_WORKSPACE
int cublasSetWorkspace_v2(handle *h, void *w, size_t bytes) { h->workspace = bytes >= 4 << 20 ? w : 0; return OK; }
#endif

static float f(uint32_t bits) { float x; memcpy(&x, &bits, 4); return x; }
static double half(uint16_t h) {
    int e = h >> 10 & 31, m = h & 1023; double x = e ? (1 + m / 1024.0) : m / 1024.0;
    for (int i = e ? e : 1; i < 15; i++) x /= 2;
    for (int i = 15; i < e; i++) x *= 2;
    return h & 0x8000 ? -x : x;
}
static double at(const void *p, int type, long i) {
    return type == 0 ? ((const float *) p)[i] : type == 2 ? half(((const uint16_t *) p)[i]) : f((uint32_t) ((const uint16_t *) p)[i] << 16);
}
/* Exact only for values that the type holds; the tests use such. */
static void put(void *p, int type, long i, double v) {
    if (type == 0) { ((float *) p)[i] = (float) v; return; }
    float x = (float) v; uint32_t b; memcpy(&b, &x, 4);
    ((uint16_t *) p)[i] = type == 14 ? b >> 16 : (uint16_t) (v == 0 ? 0 : (b >> 16 & 0x8000) | (((b >> 23 & 255) - 112) << 10) | (b >> 13 & 1023));
}
static int product(handle *h, int ta, int tb, int m, int n, int k, const float *alpha, const void *a, int at_, int lda, const void *b,
                   int bt, int ldb, const float *beta, void *c, int ct, int ldc, int compute, int algo) {
    if (h->magic != 0xB1A5 || !h->workspace) return NOT_INITIALIZED;
    if (compute != 68 || algo != -1 || h->math != 16 || lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m) return INVALID_VALUE;
    if (at_ != bt || (at_ != 0 && at_ != 2 && at_ != 14) || (ct != 0 && ct != at_)) return NOT_SUPPORTED;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < m; i++) {
            double sum = 0;
            for (int l = 0; l < k; l++) sum += at(a, at_, ta ? l + (long) i * lda : i + (long) l * lda) * at(b, bt, tb ? j + (long) l * ldb : l + (long) j * ldb);
            put(c, ct, i + (long) j * ldc, *alpha * sum + (*beta ? *beta * at(c, ct, i + (long) j * ldc) : 0));
        }
    return OK;
}
int cublasGemmEx(handle *h, int ta, int tb, int m, int n, int k, const void *alpha, const void *a, int at_, int lda, const void *b,
                 int bt, int ldb, const void *beta, void *c, int ct, int ldc, int compute, int algo) {
    return product(h, ta, tb, m, n, k, alpha, a, at_, lda, b, bt, ldb, beta, c, ct, ldc, compute, algo);
}
int cublasGemmStridedBatchedEx(handle *h, int ta, int tb, int m, int n, int k, const void *alpha, const void *a, int at_, int lda,
                               long long sa, const void *b, int bt, int ldb, long long sb, const void *beta, void *c, int ct, int ldc,
                               long long sc, int batch, int compute, int algo) {
    for (int i = 0; i < batch; i++) {
        int s = product(h, ta, tb, m, n, k, alpha, (const char *) a + i * sa * (at_ ? 2 : 4), at_, lda,
                        (const char *) b + i * sb * (bt ? 2 : 4), bt, ldb, beta, (char *) c + i * sc * (ct ? 2 : 4), ct, ldc, compute, algo);
        if (s) return s;
    }
    return OK;
}
