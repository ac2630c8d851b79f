package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.numeric.SpecialFunctions;
import dev.fathom.engine.reference.NdArray;
import java.util.List;
import java.util.Locale;

/**
 * y = f(x) for every element, with one of the functions of {@link Kind}.
 *
 * <p>Gradient: dy f'(x), by {@link UnaryBackward}. Each function says whether its derivative is computed from x or from
 * y; only that one is kept. {@code torch.relu, F.gelu, torch.sigmoid, F.silu, torch.tanh, ...}. Negation is {@link
 * Affine} with -1.
 */
public record Unary(Kind kind) implements Op {
    /** The function of one number. */
    public enum Kind {
        /** max(x, 0); f' = 1 for x > 0, else 0. NaN stays NaN. */
        RELU(true),
        /**
         * Exact GELU: x Phi(x) with the normal distribution function Phi(x) = (1 + erf(x / sqrt 2)) / 2;
         * f' = Phi(x) + x e^(-x^2/2) / sqrt(2 pi). Not the tanh approximation.
         */
        GELU(false),
        /** 1 / (1 + e^-x); f' = y (1 - y). */
        SIGMOID(true),
        /** x sigmoid(x); f' = s (1 + x (1 - s)). */
        SILU(false),
        /** f' = 1 - y^2. */
        TANH(true),
        /** f' = y. */
        EXP(true),
        /** Natural logarithm; f' = 1 / x. */
        LOG(false),
        /** f' = 1 / (2 y). */
        SQRT(true),
        /** 1 / sqrt(x); f' = -y^3 / 2. */
        RSQRT(true),
        /** f' = sign(x), 0 at 0. */
        ABS(false),
        /** x^2; f' = 2 x. */
        SQUARE(false),
        /** Error function; f' = 2 / sqrt(pi) e^(-x^2). */
        ERF(false);

        private final boolean fromOutput;

        Kind(boolean fromOutput) {
            this.fromOutput = fromOutput;
        }

        /** Whether the derivative is computed from y = f(x); else from x. */
        public boolean derivativeFromOutput() {
            return fromOutput;
        }

        /** f(x). */
        public double value(double x) {
            return switch (this) {
                case RELU -> x < 0 ? 0 : x;
                case GELU -> x * SpecialFunctions.normalCdf(x);
                case SIGMOID -> sigmoid(x);
                case SILU -> x * sigmoid(x);
                case TANH -> Math.tanh(x);
                case EXP -> Math.exp(x);
                case LOG -> Math.log(x);
                case SQRT -> Math.sqrt(x);
                case RSQRT -> 1 / Math.sqrt(x);
                case ABS -> Math.abs(x);
                case SQUARE -> x * x;
                case ERF -> SpecialFunctions.erf(x);
            };
        }

        /** f' given y = f(x) if {@link #derivativeFromOutput()}, else given x. */
        public double derivative(double v) {
            return switch (this) {
                case RELU -> v <= 0 ? 0 : 1;
                case GELU -> SpecialFunctions.normalCdf(v) + v * SpecialFunctions.normalDensity(v);
                case SIGMOID -> v * (1 - v);
                case SILU -> sigmoid(v) * (1 + v * sigmoid(-v));
                case TANH -> 1 - v * v;
                case EXP -> v;
                case LOG -> 1 / v;
                case SQRT -> 0.5 / v;
                case RSQRT -> -0.5 * v * v * v;
                case ABS -> Math.signum(v);
                case SQUARE -> 2 * v;
                case ERF -> 2 / Math.sqrt(Math.PI) * Math.exp(-v * v);
            };
        }

        private static double sigmoid(double x) {
            return 1 / (1 + Math.exp(-x));
        }

        /** Lower-case, as PyTorch would say it. */
        public String torchName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static Tensor of(Kind kind, Tensor x) {
        return Dispatcher.run1(new Unary(kind), x);
    }

    public static Tensor relu(Tensor x) {
        return of(Kind.RELU, x);
    }

    /** Exact GELU. */
    public static Tensor gelu(Tensor x) {
        return of(Kind.GELU, x);
    }

    public static Tensor sigmoid(Tensor x) {
        return of(Kind.SIGMOID, x);
    }

    public static Tensor silu(Tensor x) {
        return of(Kind.SILU, x);
    }

    public static Tensor exp(Tensor x) {
        return of(Kind.EXP, x);
    }

    /** Natural logarithm. */
    public static Tensor log(Tensor x) {
        return of(Kind.LOG, x);
    }

    public static Tensor sqrt(Tensor x) {
        return of(Kind.SQRT, x);
    }

    public static Tensor square(Tensor x) {
        return of(Kind.SQUARE, x);
    }

    @Override
    public String name() {
        return kind.torchName();
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        return List.of(in.get(0));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] y = out.get(0).data();
        for (int i = 0; i < y.length; i++) {
            y[i] = kind.value(x[i]);
        }
    }

    @Override
    public CastRule castRule() {
        return switch (kind) {
            case EXP, LOG, RSQRT, SQUARE -> CastRule.WIDE;
            default -> CastRule.AS_IS;
        };
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Saves saves() {
        return kind.derivativeFromOutput() ? Saves.outputs(0) : Saves.inputs(0);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        Tensor v = kind.derivativeFromOutput() ? call.output(0) : call.input(0);
        return new Tensor[] {Dispatcher.run1(new UnaryBackward(kind), v, call.gradOutput(0))};
    }
}
