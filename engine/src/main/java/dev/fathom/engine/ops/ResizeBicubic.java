package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import java.util.List;

/**
 * Bicubic resize of x [N,H,W,C] to y [N,outH,outW,C] (A = -0.75, no antialiasing): DINOv2's position embedding.
 *
 * <p>Rules: {@link AxisTaps#bicubic}. The step between source coordinates is an attribute of its own, because DINOv2
 * gives scale factors, (h + 0.1) / 37, that differ from outH/H: {@link #byScale} steps by exactly 1/scale, {@link
 * #toSize} by H/outH (or, with corners aligned, (H-1)/(outH-1)). Steps and weights are float64, the sums over 4 columns
 * and then 4 rows float32.
 *
 * <p>Gradient: {@link ResizeBicubicBackward}; nothing is saved.
 *
 * <p>{@code torch.nn.functional.interpolate(x, ..., mode="bicubic")} with {@code scale_factor} or {@code size}.
 *
 * @param outH rows of the result, at least 1
 * @param outW columns of the result, at least 1
 * @param stepH rows of the input between two rows of the result; finite, not negative
 * @param stepW columns of the input between two columns of the result; finite, not negative
 * @param alignCorners source coordinate i step (true) or (i + 0.5) step - 0.5 (false)
 */
public record ResizeBicubic(int outH, int outW, double stepH, double stepW, boolean alignCorners)
        implements ResampleOp {
    /**
     * By scale factors, as the position embedding is resampled: outH = floor(H scaleH), corners not aligned.
     *
     * @param x [N,H,W,C]
     */
    public static Tensor byScale(Tensor x, double scaleH, double scaleW) {
        if (!(scaleH > 0 && scaleW > 0 && scaleH < Double.POSITIVE_INFINITY && scaleW < Double.POSITIVE_INFINITY)) {
            throw new ShapeException("resize_bicubic: the scale factors are " + scaleH + " and " + scaleW
                    + ", but they must be positive and finite");
        }
        int outH = (int) Math.floor(x.dim(1) * scaleH);
        int outW = (int) Math.floor(x.dim(2) * scaleW);
        return Dispatcher.run1(new ResizeBicubic(outH, outW, 1 / scaleH, 1 / scaleW, false), x);
    }

    /**
     * To a size, with steps from the two sizes.
     *
     * @param x [N,H,W,C]
     */
    public static Tensor toSize(Tensor x, int outH, int outW, boolean alignCorners) {
        return Dispatcher.run1(new ResizeBicubic(outH, outW, step(x.dim(1), outH, alignCorners),
                step(x.dim(2), outW, alignCorners), alignCorners), x);
    }

    private static double step(int in, int out, boolean alignCorners) {
        if (alignCorners) {
            return out <= 1 ? 0 : (in - 1.0) / (out - 1.0);
        }
        return out < 1 ? 0 : (double) in / out;
    }

    @Override
    public String name() {
        return "resize_bicubic";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        checkSteps(name(), stepH, stepW);
        return ResampleOp.super.infer(in);
    }

    static void checkSteps(String op, double stepH, double stepW) {
        if (!(stepH >= 0 && stepW >= 0 && stepH < Double.POSITIVE_INFINITY && stepW < Double.POSITIVE_INFINITY)) {
            throw new ShapeException(op + ": the steps are " + stepH + " and " + stepW
                    + ", but they must be finite and not negative");
        }
    }

    @Override
    public AxisTaps rowTaps(int h) {
        return AxisTaps.bicubic(h, outH, stepH, alignCorners);
    }

    @Override
    public AxisTaps columnTaps(int w) {
        return AxisTaps.bicubic(w, outW, stepW, alignCorners);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        TensorSpec x = call.inputSpec(0);
        return new Tensor[] {
            Dispatcher.run1(new ResizeBicubicBackward(x.dim(1), x.dim(2), stepH, stepW, alignCorners),
                    call.gradOutput(0)),
        };
    }
}
