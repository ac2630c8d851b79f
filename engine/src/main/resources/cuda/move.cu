// Elements in other places, never computed with: BroadcastTo, Slice, Concat, PadAxis, Permute.
//
// What is moved are units of 2, 4 or 16 bytes: the launcher takes the largest that divides every address, run and
// distance, so a float32 and two neighbouring float16 are the same to these kernels, and rows whose length allows it
// are copied 16 bytes at a time.
#include "fathom.cuh"

constexpr int BLOCK = 256;

typedef u16 b16;
typedef u32 b32;
struct alignas(16) b128 { u32 at[4]; };

template <typename U> __device__ __forceinline__ U zero() { return 0; }
template <> __device__ __forceinline__ b128 zero<b128>() { return {0, 0, 0, 0}; }

// At most four axes of y, outermost first; those that are missing have extent 1. Distances are in units of x.
struct Axes {
    u64 by1, by2, by3;              // fast_divide by the extents of axes 1, 2 and 3
    i64 x0, x1, x2, x3;             // how far apart in x two entries of each axis are; 0 where x is repeated
    int n1, n2, n3;                 // the extents
    int count;                      // units of y, below 2^31
};

// y[i0, i1, i2, i3] = x[i0 x0 + i1 x1 + i2 x2 + i3 x3], y dense: repeats (BroadcastTo), ranges (Slice), and
// permutations that keep the last axis or have one too short for a tile.
template <typename U> __device__ __forceinline__ void gather(const U* x, U* y, const Axes& axes) {
    u32 i = blockIdx.x * BLOCK + threadIdx.x;
    if (i >= axes.count) return;
    u32 q3 = fast_divide(i, axes.by3), q2 = fast_divide(q3, axes.by2), q1 = fast_divide(q2, axes.by1);
    int i0 = (int) q1, i1 = (int) (q2 - q1 * axes.n1), i2 = (int) (q3 - q2 * axes.n2), i3 = (int) (i - q3 * axes.n3);
    y[i] = x[i0 * axes.x0 + i1 * axes.x1 + i2 * axes.x2 + i3 * axes.x3];
}

// y [rows, width] with x [rows, run] from column `before` on, and zeros around it. by: fast_divide by width.
template <typename U>
__device__ __forceinline__ void pad(const U* x, U* y, int count, u64 by, int width, int before, int run) {
    u32 i = blockIdx.x * BLOCK + threadIdx.x;
    if (i >= count) return;
    u32 row = fast_divide(i, by);
    int column = (int) (i - row * width) - before;
    y[i] = (u32) column < (u32) run ? x[(i64) row * run + column] : zero<U>();
}

// The first `columns` of y's rows, which are `width` apart, from up to four matrices side by side: x0 in columns
// [0, e0), x1 in [e0, e1), ... The ends of those that are missing are `columns`. by: fast_divide by columns.
template <typename U>
__device__ __forceinline__ void concat(const U* x0, const U* x1, const U* x2, const U* x3, U* y, int count, u64 by,
                                       int columns, int width, int e0, int e1, int e2) {
    u32 i = blockIdx.x * BLOCK + threadIdx.x;
    if (i >= count) return;
    i64 row = fast_divide(i, by);
    int column = (int) (i - row * columns);
    const U* from;
    if (column < e0) from = x0 + row * e0 + column;
    else if (column < e1) from = x1 + row * (e1 - e0) + (column - e0);
    else if (column < e2) from = x2 + row * (e2 - e1) + (column - e1);
    else from = x3 + row * (columns - e2) + (column - e2);
    y[row * width + column] = *from;
}

// Matrices [down, across] of x, transposed: along `across` x is contiguous, along `down` y is. Up to two more axes
// count the matrices.
struct Matrices {
    u64 by_across, by_down, by1;        // fast_divide by the number of tiles across and down, and by n1
    i64 x_down, x0, x1;                 // how far apart in x two lines, and two matrices along either axis, are
    i64 y_across, y0, y1;               // and in y
    int tiles_across, tiles_down;
    int across, down, n1;
    int unused;
};

// A block carries a tile of 32 x 32 through shared memory, so that both the reads and the writes of a warp are
// neighbours. A line of the tile has 33 places: the 32 elements of a column are then in 32 different banks.
constexpr int TILE = 32, LINES = BLOCK / TILE;

template <typename U> __device__ __forceinline__ void transpose(const U* x, U* y, const Matrices& m) {
    __shared__ U tile[TILE][TILE + 1];
    u32 block = blockIdx.x;
    u32 q = fast_divide(block, m.by_across), matrix = fast_divide(q, m.by_down);
    int i0 = (int) fast_divide(matrix, m.by1);
    int first_across = (int) (block - q * m.tiles_across) * TILE;
    int first_down = (int) (q - matrix * m.tiles_down) * TILE;
    int i1 = (int) (matrix - i0 * m.n1);
    int lane = threadIdx.x & (TILE - 1), line = threadIdx.x / TILE;

    x += i0 * m.x0 + i1 * m.x1 + first_down * m.x_down + first_across;
    if (first_across + lane < m.across) {
#pragma unroll
        for (int k = line; k < TILE; k += LINES)
            if (first_down + k < m.down) tile[k][lane] = x[k * m.x_down + lane];
    }
    __syncthreads();
    y += i0 * m.y0 + i1 * m.y1 + first_across * m.y_across + first_down;
    if (first_down + lane < m.down) {
#pragma unroll
        for (int k = line; k < TILE; k += LINES)
            if (first_across + k < m.across) y[k * m.y_across + lane] = tile[lane][k];
    }
}

#define MOVES(U)                                                                                                 \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                          \
        gather_##U(const U* __restrict__ x, U* __restrict__ y, const Axes axes) {                                \
        gather(x, y, axes);                                                                                      \
    }                                                                                                            \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                          \
        pad_##U(const U* __restrict__ x, U* __restrict__ y, int count, u64 by, int width, int before, int run) { \
        pad(x, y, count, by, width, before, run);                                                                \
    }                                                                                                            \
    extern "C" __global__ void __launch_bounds__(BLOCK)                                                          \
        concat_##U(const U* __restrict__ x0, const U* __restrict__ x1, const U* __restrict__ x2,                 \
                   const U* __restrict__ x3, U* __restrict__ y, int count, u64 by, int columns, int width,       \
                   int e0, int e1, int e2) {                                                                     \
        concat(x0, x1, x2, x3, y, count, by, columns, width, e0, e1, e2);                                        \
    }
MOVES(b16)
MOVES(b32)
MOVES(b128)

#define TRANSPOSE(U)                                                                  \
    extern "C" __global__ void __launch_bounds__(BLOCK)                               \
        transpose_##U(const U* __restrict__ x, U* __restrict__ y, const Matrices m) { \
        transpose(x, y, m);                                                           \
    }
TRANSPOSE(b16)
TRANSPOSE(b32)
