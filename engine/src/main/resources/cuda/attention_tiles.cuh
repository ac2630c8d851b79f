// What the tensor-core kernels of attention share: tiles of 16-bit values in shared memory.
//
// A tile is [rows][D], D values of one head (16, 32, 64 or 128; a head of d < D values has zeros behind it), in pieces
// of 16 bytes. ldmatrix reads the same piece of eight rows at a time, which without care lie in the same four of the 32
// banks. So piece p of row r is kept in place p ^ (r % 8) of its row, which spreads eight rows over all banks and needs
// no padding (for D = 32 two rows make up the 128 bytes of all banks, and the shift changes every second row).
#pragma once
#include "fathom.cuh"
#include "tensor_core.cuh"
#include "attention.cuh"

// Byte offset in a tile of 16-byte piece `piece` of row `row`.
template <int D> __device__ __forceinline__ u32 piece_offset(int row, int piece) {
    constexpr int PIECES = D / 8, TURN = PIECES < 8 ? PIECES : 8, ROWS_A_LINE = 8 / TURN;
    return (u32) ((row * PIECES + (piece ^ (row / ROWS_A_LINE % TURN))) * 16);
}

// Where this lane points ldmatrix to for the 16 x 16 block at (row, 16 k) of a tile: lanes 0-15 at the first pieces of
// the 16 rows, lanes 16-31 at the second. lane is lane_offset<D>(); the pieces of other blocks of these rows differ
// from the first block's in higher bits only, so that the exclusive or stays inside the row. With r[4] from this
// address,
//     ldmatrix gives an A operand whose rows are the tile's rows, and also two B operands r[0], r[2] and r[1], r[3]
//         whose columns n are the tile's rows 0-7 and 8-15: a product with the tile transposed;
//     ldmatrix_trans gives two B operands r[0], r[1] and r[2], r[3] whose k runs down the tile's rows, for columns
//         0-7 and 8-15.
template <int D> __device__ __forceinline__ u32 lane_offset() {
    return piece_offset<D>(threadIdx.x & 15, threadIdx.x >> 4 & 1);
}
template <int D> __device__ __forceinline__ u32 block_address(u32 tile, u32 lane, int row, int k) {
    return tile + row * (D * 2) + (lane ^ (u32) (k * 32));
}

// Rows first .. first + ROWS of a head into a tile: by cp.async, or value by value where addresses do not allow that.
// Zeros go where there are no such tokens or channels.
template <typename T, int D, int ROWS, int THREADS>
__device__ __forceinline__ void load_tile(T* tile, const Head<const T>& head, int first) {
    constexpr int PIECES = D / 8, STEP = THREADS / PIECES;
    static_assert(ROWS % STEP == 0, "every thread copies as many pieces");
    int piece = threadIdx.x % PIECES, channel = piece * 8;
    if (head.vector) {
#pragma unroll
        for (int i = 0; i < ROWS / STEP; i++) {
            int row = threadIdx.x / PIECES + i * STEP;
            bool valid = first + row < head.tokens && channel < head.size;
            const T* from = head.data + (valid ? (i64) (first + row) * head.stride + channel : 0);
            cp_async16(shared_address(tile) + piece_offset<D>(row, piece), from, valid);
        }
    } else {
#pragma unroll 1
        for (int row = threadIdx.x / PIECES; row < ROWS; row += STEP) {
            int valid = first + row < head.tokens ? head.size - channel : 0;
            const T* from = head.data + (i64) (first + row) * head.stride + channel;
            Vec<T> v;
#pragma unroll
            for (int c = 0; c < 8; c++) v.at[c] = c < valid ? from[c] : T{0};
            *(Vec<T>*) ((char*) tile + piece_offset<D>(row, piece)) = v;
        }
    }
}

// This warp's 16 * BLOCKS rows of a product, times factor, to rows first .. of a head: rounded into the warp's part of
// a tile (that nobody else uses) and from there in pieces of 16 bytes, because an accumulator block has only 4 bytes of
// a row a lane.
template <typename T, int D, int BLOCKS>
__device__ __forceinline__ void store_rows(T* tile, float (&c)[BLOCKS][D / 8][4], const float (&factor)[BLOCKS][2],
                                           const Head<T>& head, int first) {
    constexpr int PIECES = D / 8;
    int lane = threadIdx.x & 31, g = lane >> 2, t = lane & 3;
#pragma unroll
    for (int m = 0; m < BLOCKS; m++) {
#pragma unroll
        for (int n = 0; n < D / 8; n++) {
#pragma unroll
            for (int h = 0; h < 2; h++) {
                u32 pair = pack2<T>(c[m][n][2 * h] * factor[m][h], c[m][n][2 * h + 1] * factor[m][h]);
                *(u32*) ((char*) tile + piece_offset<D>(m * 16 + h * 8 + g, n) + t * 4) = pair;
            }
        }
    }
    __syncwarp();
#pragma unroll
    for (int i = 0; i < BLOCKS * 16 * PIECES / 32; i++) {
        int row = (lane + 32 * i) / PIECES, channel = (lane + 32 * i) % PIECES * 8;
        if (first + row < head.tokens && channel < head.size) {
            Vec<T> v = *(const Vec<T>*) ((const char*) tile + piece_offset<D>(row, channel / 8));
            T* to = head.data + (i64) (first + row) * head.stride + channel;
            if (head.vector) {
                *(Vec<T>*) to = v;
            } else {
#pragma unroll
                for (int k = 0; k < 8; k++) {
                    if (channel + k < head.size) to[k] = v.at[k];
                }
            }
        }
    }
}

// Sum and maximum over the four lanes that share a row of an accumulator block.
__device__ __forceinline__ float row_sum(float x) {
    x += __shfl_xor_sync(0xffffffffu, x, 1);
    return x + __shfl_xor_sync(0xffffffffu, x, 2);
}
__device__ __forceinline__ float row_max(float x) {
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
    return fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
}
