// Loaders of f32_tiles.cuh for convolutions: groups of 4 neighbours where channels come in fours, element by element where not.
#pragma once

// 4 neighbours of a window.
template <typename T, typename Window>
__device__ __forceinline__ void gather4(float (&r)[4], const Window& window, const Geometry& g, int channels, WindowPlace place,
                                        bool there, bool vector, bool relu_input) {
    if (vector) {
        const T* from = there ? window.find(g, channels, place) : nullptr;
        read4(r, from, from ? 4 : 0, true);
    } else {
#pragma unroll
        for (int e = 0; e < 4; e++) {
            const T* from = there ? window.find(g, channels, place) : nullptr;
            r[e] = from ? to_f32(*from) : 0.0f;
            place.next(g, channels);
        }
    }
    if (relu_input) {
#pragma unroll
        for (int e = 0; e < 4; e++) r[e] = relu(r[e]);
    }
}

// Slices of the windows of WIDTH pixels. Window: ForwardWindow or BackwardWindow.
template <typename Window, typename T, int WIDTH> struct LoadWindows {
    static constexpr int LD = WIDTH + 4, COUNT = WIDTH / 64;
    Window window[COUNT];
    WindowPlace place;
    Geometry g;
    int channels, row, k4;
    bool vector, relu_input;
    float r[COUNT][4];

    __device__ __forceinline__ LoadWindows(const T* from, const Geometry& geometry, int channels_of_a_place, int first,
                                           bool with_relu)
        : g(geometry), channels(channels_of_a_place), relu_input(with_relu) {
        row = threadIdx.x / 4;
        k4 = threadIdx.x % 4 * 4;
#pragma unroll
        for (int i = 0; i < COUNT; i++) window[i].set(from, g, channels, first + row + i * 64);
        place.start(g, channels, k4);
        vector = channels % 4 == 0 && aligned4(from);
    }
    __device__ __forceinline__ void fetch() {
#pragma unroll
        for (int i = 0; i < COUNT; i++) gather4<T>(r[i], window[i], g, channels, place, true, vector, relu_input);
        place.advance(g, channels, 16);
    }
    __device__ __forceinline__ void store(float* slice) {
#pragma unroll
        for (int i = 0; i < COUNT; i++) store_along_k<LD>(slice + k4 * LD + row + i * 64, r[i]);
    }
};

// Slices with a line for each of 16 result pixels, 64 elements of its window in it: the right operand of a weight's gradient.
template <typename T> struct LoadPixels {
    static constexpr int LD = 64 + 4;
    ResultWalk walk;
    WindowPlace place;
    Geometry g;
    const T* x;
    int left, row, x4;
    bool vector, relu_input;
    float r[4];

    __device__ __forceinline__ LoadPixels(const T* from, const Geometry& geometry, int first, int pixel, int depth, bool with_relu)
        : g(geometry), x(from), relu_input(with_relu) {
        row = threadIdx.x / 16;
        x4 = threadIdx.x % 16 * 4;
        walk.start(g, pixel + row);
        left = depth - row;
        place.start(g, g.channels, first + x4);
        vector = g.channels % 4 == 0 && aligned4(x);
    }
    __device__ __forceinline__ void fetch() {
        ForwardWindow<T> window;
        window.set(x, g, walk.image, walk.row, walk.column);
        gather4<T>(r, window, g, g.channels, place, left > 0, vector, relu_input);
        walk.advance(g, 16);
        left -= 16;
    }
    __device__ __forceinline__ void store(float* slice) {
        *(float4*) (slice + row * LD + x4) = make_float4(r[0], r[1], r[2], r[3]);
    }
};

// Slices of a weight [O, taps, C] with a line for each k = tap O + o and C in the lines: the right operand of a picture's gradient.
template <typename T, int WIDTH> struct LoadTaps {
    static constexpr int LD = WIDTH + 4, COUNT = WIDTH / 64;
    const T* from;
    int k, depth, outputs, taps, channels, here, row, x4;
    bool vector;
    float r[COUNT][4];

    __device__ __forceinline__ LoadTaps(const T* weight, int first, int outputs_, int taps_, int channels_)
        : depth(outputs_ * taps_), outputs(outputs_), taps(taps_), channels(channels_) {
        row = threadIdx.x / (WIDTH / 4);
        x4 = threadIdx.x % (WIDTH / 4) * 4;
        k = row;
        here = min(max(channels - first - x4, 0), 4);
        from = weight + first + x4;
        vector = channels % 4 == 0 && aligned4(weight);
    }
    __device__ __forceinline__ void fetch() {
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            int line = k + i * (1024 / WIDTH);
            int tap = line / outputs;
            read4(r[i], from + ((i64) (line - tap * outputs) * taps + tap) * channels, line < depth ? here : 0, vector);
        }
        k += 16;
    }
    __device__ __forceinline__ void store(float* slice) {
#pragma unroll
        for (int i = 0; i < COUNT; i++)
            *(float4*) (slice + (row + i * (1024 / WIDTH)) * LD + x4) = make_float4(r[i][0], r[i][1], r[i][2], r[i][3]);
    }
};
