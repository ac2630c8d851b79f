// Loaders of mma_tiles.cuh for convolutions: each 16-byte piece (8 channels of one place of one window) is copied from where it
// is in the picture to its place in shared memory; where channels do not come in eights, element by element.
#pragma once

// 8 neighbours of a window, one by one.
template <typename Window>
__device__ __forceinline__ void gather8(u32 to, const Window& window, const Geometry& g, int channels, WindowPlace place,
                                        bool there) {
    u32 v[4];
#pragma unroll
    for (int e = 0; e < 8; e++) {
        auto from = window.find(g, channels, place);
        u32 bits = there && from ? from->bits : 0;
        v[e / 2] = e % 2 == 0 ? bits : v[e / 2] | bits << 16;
        place.next(g, channels);
    }
    store_shared16(to, v[0], v[1], v[2], v[3]);
}

// Slices with a line for each of ROWS pixels, BK elements of its window in it. Window: ForwardWindow or BackwardWindow.
template <typename Window, typename T, int ROWS, int BK, int THREADS> struct LoadWindows {
    static constexpr int PIECES = BK / 8, STEP = THREADS / PIECES, COUNT = ROWS / STEP;
    Window window[COUNT];
    WindowPlace place;
    Geometry g;
    const T* base;
    int pixel, channels, offset;
    bool vector;

    __device__ __forceinline__ LoadWindows(const T* from, const Geometry& geometry, int channels_of_a_place, int first)
        : g(geometry), base(from), channels(channels_of_a_place) {
        int piece = threadIdx.x % PIECES, line = threadIdx.x / PIECES;
#pragma unroll
        for (int p = 0; p < COUNT; p++) window[p].set(from, g, channels, first + line + p * STEP);
        pixel = first + line;
        place.start(g, channels, piece * 8);
        offset = place_of<PIECES>(line, piece);
        vector = channels % 8 == 0 && aligned16(from);
    }
    __device__ __forceinline__ void load(u32 to) {
        to += offset;
        if (vector) {
#pragma unroll
            for (int p = 0; p < COUNT; p++) {
                const T* from = window[p].find(g, channels, place);
                cp_async16(to + p * STEP * PIECES * 16, from ? from : base, from != nullptr);
            }
        } else {
#pragma unroll 1
            for (int p = 0; p < COUNT; p++) {
                Window again;
                again.set(base, g, channels, pixel + p * STEP);
                gather8(to + p * STEP * PIECES * 16, again, g, channels, place, true);
            }
        }
        place.advance(g, channels, BK);
    }
};

// Slices with a line for each of BK result pixels, WIDTH elements of its window in it: the right operand of a weight's gradient.
template <typename T, int WIDTH, int BK, int THREADS> struct LoadPixels {
    static constexpr int PIECES = WIDTH / 8, STEP = THREADS / PIECES, COUNT = BK / STEP;
    ResultWalk walk;
    WindowPlace place;
    Geometry g;
    const T* x;
    int left, offset;  // result pixels of this part from this thread's line on
    bool vector;

    __device__ __forceinline__ LoadPixels(const T* from, const Geometry& geometry, int first, int pixel, int depth)
        : g(geometry), x(from) {
        int piece = threadIdx.x % PIECES, line = threadIdx.x / PIECES;
        walk.start(g, pixel + line);
        left = depth - line;
        place.start(g, g.channels, first + piece * 8);
        offset = place_of<PIECES>(line, piece);
        vector = g.channels % 8 == 0 && aligned16(x);
    }
    __device__ __forceinline__ ForwardWindow<T> here() const {
        ForwardWindow<T> window;
        window.set(x, g, walk.image, walk.row, walk.column);
        return window;
    }
    __device__ __forceinline__ void load(u32 to) {
        to += offset;
        if (vector) {
#pragma unroll
            for (int p = 0; p < COUNT; p++) {
                const T* from = p * STEP < left ? here().find(g, g.channels, place) : nullptr;
                cp_async16(to + p * STEP * PIECES * 16, from ? from : x, from != nullptr);
                walk.advance(g, STEP);
            }
        } else {
#pragma unroll 1
            for (int p = 0; p < COUNT; p++) {
                gather8(to + p * STEP * PIECES * 16, here(), g, g.channels, place, p * STEP < left);
                walk.advance(g, STEP);
            }
        }
        left -= BK;
    }
};

// Slices of a weight [O, taps, C] with a line for each k = tap O + o and C in the lines: the right operand of a picture's gradient.
template <typename T, int WIDTH, int BK, int THREADS> struct LoadTaps {
    static constexpr int PIECES = WIDTH / 8, STEP = THREADS / PIECES, COUNT = BK / STEP;
    const T* from;
    int k, depth, outputs, taps, channels, here, offset;
    bool vector;

    __device__ __forceinline__ LoadTaps(const T* weight, int first, int outputs_, int taps_, int channels_)
        : depth(outputs_ * taps_), outputs(outputs_), taps(taps_), channels(channels_) {
        int piece = threadIdx.x % PIECES;
        k = threadIdx.x / PIECES;
        here = min(max(channels - first - piece * 8, 0), 8);
        from = weight + first + piece * 8;
        offset = place_of<PIECES>(k, piece);
        vector = channels % 8 == 0 && aligned16(weight);
    }
    __device__ __forceinline__ void load(u32 to) {
        to += offset;
#pragma unroll
        for (int p = 0; p < COUNT; p++) {
            int line = k + p * STEP;
            bool there = line < depth && here > 0;
            int tap = line / outputs;
            const T* at = there ? from + ((i64) (line - tap * outputs) * taps + tap) * channels : from;
            if (vector)
                cp_async16(to + p * STEP * PIECES * 16, at, there);
            else
                copy8(to + p * STEP * PIECES * 16, at, there ? here : 0);
        }
        k += BK;
    }
};
