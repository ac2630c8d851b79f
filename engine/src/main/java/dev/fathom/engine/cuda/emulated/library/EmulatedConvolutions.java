package dev.fathom.engine.cuda.emulated.library;

import dev.fathom.engine.cuda.driver.ConvCall;
import dev.fathom.engine.cuda.driver.ConvPlan;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.ConvShape.Pass;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.GemmCall;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import java.util.Arrays;

/**
 * cuDNN's three convolutions on emulated memory, as {@link ConvCall} says: NHWC pictures, OHWI weights, float32 sums in
 * an order that depends on the shape alone. What cuDNN refuses is refused with its status in words; a range that leaves
 * its tensor, or holds what nothing has written, is a fault that names the argument.
 *
 * <p>Plans ask for a workspace, as real ones do, and calls must bring it: a launcher that forgets it fails here.
 */
public final class EmulatedConvolutions {
    /** {@code CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM}, and ALGO_1 of both backward passes. */
    private static final int ALGORITHM = 1;

    private EmulatedConvolutions() {
    }

    /** The plan for a shape: the one algorithm that cuDNN has for NHWC, which is deterministic. */
    public static ConvPlan plan(ConvShape shape, long workspaceLimit) {
        check("cudnnGetConvolutionAlgorithm", shape);
        // cuDNN's own need is not documented; some, when it is allowed, so that handing it over is tested.
        return new ConvPlan(ALGORITHM, Math.min(workspaceLimit, 1024L * shape.kernelH() * shape.kernelW()));
    }

    /**
     * Computes the convolution now.
     *
     * @throws CudaException where cuDNN would return an error
     * @throws dev.fathom.engine.cuda.emulated.report.KernelFault where memory is touched that should not be
     */
    public static void run(GlobalMemory memory, ConvCall call) {
        String name = name(call);
        ConvShape s = call.shape();
        check(name, s);
        if (call.plan().algorithm() != ALGORITHM) {
            throw refused(name, "CUDNN_STATUS_NOT_SUPPORTED", "algorithm " + call.plan().algorithm()
                    + " is not what was planned for NHWC tensors (" + ALGORITHM + ")");
        }
        if (call.workspaceBytes() < call.plan().workspaceBytes()) {
            throw refused(name, "CUDNN_STATUS_BAD_PARAM", "the workspace has " + call.workspaceBytes()
                    + " bytes, the plan asked for " + call.plan().workspaceBytes());
        }
        if (s.pass() != Pass.FORWARD && (call.bias() != 0 || call.residual() != 0 || call.relu())) {
            throw refused(name, "CUDNN_STATUS_BAD_PARAM", "bias, residual and ReLU belong to the forward pass");
        }
        DeviceFloats floats = new DeviceFloats(memory, name);
        floats.check("x", call.x(), s.type(), GemmCall.HALF_ALIGNMENT);
        floats.check("w", call.w(), s.type(), GemmCall.HALF_ALIGNMENT);
        floats.check("y", call.y(), s.type(), GemmCall.HALF_ALIGNMENT);
        floats.claim("workspace", call.workspace(), call.plan().workspaceBytes());
        switch (s.pass()) {
            case FORWARD -> forward(floats, call);
            case BACKWARD_DATA -> backwardData(floats, call);
            case BACKWARD_FILTER -> backwardFilter(floats, call);
        }
    }

    private static String name(ConvCall call) {
        return switch (call.shape().pass()) {
            case FORWARD -> call.bias() == 0 && call.residual() == 0 && !call.relu() ? "cudnnConvolutionForward"
                    : "cudnnConvolutionBiasActivationForward";
            case BACKWARD_DATA -> "cudnnConvolutionBackwardData";
            case BACKWARD_FILTER -> "cudnnConvolutionBackwardFilter";
        };
    }

    private static void check(String name, ConvShape s) {
        if (s.n() < 1 || s.h() < 1 || s.w() < 1 || s.c() < 1 || s.o() < 1 || s.kernelH() < 1 || s.kernelW() < 1
                || s.strideH() < 1 || s.strideW() < 1 || s.padH() < 0 || s.padW() < 0) {
            throw refused(name, "CUDNN_STATUS_BAD_PARAM",
                    "extents and strides must be at least 1 and paddings at least 0: " + s);
        }
        if (s.outH() < 1 || s.outW() < 1) {
            throw refused(name, "CUDNN_STATUS_BAD_PARAM", "the window is larger than the padded picture: " + s);
        }
    }

    private static CudaException refused(String name, String status, String what) {
        return new CudaException(name + ": " + status + ": " + what);
    }

    /** y[pixel] = act(bias + residual + sum over the window of x w): a row of O sums for each result pixel. */
    private static void forward(DeviceFloats floats, ConvCall call) {
        ConvShape s = call.shape();
        Window window = new Window(s);
        float[] x = floats.read("x", call.x(), s.type(), s.xElements());
        float[] w = transpose(floats.read("w", call.w(), s.type(), s.wElements()), s.o(), window.depth);
        float[] y = new float[Math.toIntExact(s.yElements())];
        float[] bias = call.bias() == 0 ? null : floats.read("bias", call.bias(), s.type(), s.o());
        float[] residual = call.residual() == 0 ? null : floats.read("residual", call.residual(), s.type(),
                s.yElements());
        Axpy.parts(s.n() * s.outH(), s.macs(), line -> {
            for (int column = 0; column < s.outW(); column++) {
                int at = (line * s.outW() + column) * s.o();
                for (int tap = 0; tap < window.taps; tap++) {
                    int from = window.pixel(line, column, tap);
                    if (from >= 0) {
                        Axpy.run(x, from * s.c(), 1, w, tap * s.c() * s.o(), s.o(), s.c(), y, at, s.o());
                    }
                }
                for (int o = 0; o < s.o(); o++) {
                    float z = y[at + o] + (residual == null ? 0 : residual[at + o]) + (bias == null ? 0 : bias[o]);
                    y[at + o] = call.relu() && z < 0 ? 0 : z;
                }
            }
        });
        floats.write("y", call.y(), s.type(), y, 0, y.length);
    }

    /** dx[pixel under a window] += sum over o of dy w: pictures are independent; windows overlap and go in order. */
    private static void backwardData(DeviceFloats floats, ConvCall call) {
        ConvShape s = call.shape();
        Window window = new Window(s);
        float[] w = floats.read("w", call.w(), s.type(), s.wElements());
        float[] dy = floats.read("dy", call.y(), s.type(), s.yElements());
        float[] dx = new float[Math.toIntExact(s.xElements())];
        Axpy.parts(s.n(), s.macs(), n -> {
            for (int line = n * s.outH(); line < (n + 1) * s.outH(); line++) {
                for (int column = 0; column < s.outW(); column++) {
                    for (int tap = 0; tap < window.taps; tap++) {
                        int to = window.pixel(line, column, tap);
                        if (to >= 0) {
                            Axpy.run(dy, (line * s.outW() + column) * s.o(), 1, w, tap * s.c(), window.depth, s.o(),
                                dx, to * s.c(), s.c());
                        }
                    }
                }
            }
        });
        floats.write("dx", call.x(), s.type(), dx, 0, dx.length);
    }

    /** dw[o, tap] = sum over pixels of dy x: the sums of each line of results first, then the lines. */
    private static void backwardFilter(DeviceFloats floats, ConvCall call) {
        ConvShape s = call.shape();
        Window window = new Window(s);
        float[] x = floats.read("x", call.x(), s.type(), s.xElements());
        float[] dy = floats.read("dy", call.y(), s.type(), s.yElements());
        float[] dw = new float[Math.toIntExact(s.wElements())];
        Axpy.parts(window.taps, s.macs(), tap -> {
            float[] patches = new float[s.outW() * s.c()];
            float[] sums = new float[s.c()];
            for (int line = 0; line < s.n() * s.outH(); line++) {
                for (int column = 0; column < s.outW(); column++) {
                    int from = window.pixel(line, column, tap);
                    for (int c = 0; c < s.c(); c++) {
                        patches[column * s.c() + c] = from < 0 ? 0 : x[from * s.c() + c];
                    }
                }
                for (int o = 0; o < s.o(); o++) {
                    Arrays.fill(sums, 0);
                    Axpy.run(dy, line * s.outW() * s.o() + o, s.o(), patches, 0, s.c(), s.outW(), sums, 0, s.c());
                    int at = o * window.depth + tap * s.c();
                    for (int c = 0; c < s.c(); c++) {
                        dw[at + c] += sums[c];
                    }
                }
            }
        });
        floats.write("dw", call.w(), s.type(), dw, 0, dw.length);
    }

    private static float[] transpose(float[] from, int rows, int columns) {
        float[] to = new float[from.length];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                to[c * rows + r] = from[r * columns + c];
            }
        }
        return to;
    }

    /** Which picture pixel lies under which place of which window. */
    private static final class Window {
        final int taps;
        final int depth;
        private final ConvShape s;
        private final int outH;

        Window(ConvShape shape) {
            s = shape;
            outH = shape.outH();
            taps = shape.kernelH() * shape.kernelW();
            depth = taps * shape.c();
        }

        /** The pixel's number over [N,H,W], -1 in the padding. {@code line} counts [N,H']. */
        int pixel(int line, int column, int tap) {
            int row = line % outH * s.strideH() + tap / s.kernelW() - s.padH();
            int col = column * s.strideW() + tap % s.kernelW() - s.padW();
            boolean inside = row >= 0 && row < s.h() && col >= 0 && col < s.w();
            return inside ? (line / outH * s.h() + row) * s.w() + col : -1;
        }
    }
}
