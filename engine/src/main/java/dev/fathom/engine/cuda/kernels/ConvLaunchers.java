package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.cuda.driver.ConvCall;
import dev.fathom.engine.cuda.driver.ConvPlan;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.ConvShape.Pass;
import dev.fathom.engine.cuda.kernels.Convolution.Places;
import dev.fathom.engine.cuda.kernels.OwnConvolutions.Last;
import dev.fathom.engine.cuda.kernels.OwnConvolutions.Second;
import dev.fathom.engine.cuda.kernels.Product.Function;
import dev.fathom.engine.cuda.kernels.Product.Tail;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.Conv2dPointwise;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.ConvTranspose2d;
import java.util.List;

/**
 * Convolutions of tensors, on one of two {@linkplain Route routes}. Where every window is one pixel they are products,
 * and {@link ProductLaunchers} has them.
 */
public final class ConvLaunchers {
    private ConvLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(Conv2d.class, ConvLaunchers::forward);
        table.add(Conv2dPointwise.class, ConvLaunchers::pointwise);
        table.add(ConvTranspose2d.class, ConvLaunchers::transposed);
        table.add(Conv2dBackwardInput.class, ConvLaunchers::backwardInput);
        table.add(Conv2dBackwardWeight.class, ConvLaunchers::backwardWeight);
    }

    private static void forward(CudaDevice cuda, Conv2d op, List<Tensor> in, List<Tensor> out) {
        Tensor y = out.get(0);
        forward(cuda, op, Convolution.of(in.get(0), in.get(1), y, op.geometry()), Places.of(op, in, y.address()));
    }

    private static void forward(CudaDevice cuda, Conv2d op, Convolution c, Places at) {
        boolean plain = !op.inputRelu() && op.residuals() <= 1;
        if (plain && c.pointwise() && c.o() > OwnConvolutions.DOTS) {
            Product product = Product.single(c.type(), c.results(), c.o(), c.c(), at.x(), false, at.weight(), true,
                    at.y(), false);
            Function function = op.relu() ? Function.RELU : Function.LINEAR;
            ProductLaunchers.run(cuda, product.followedBy(new Tail(at.bias(), 0, at.residual(), 0, function)));
            return;
        }
        // cuDNN's call with ReLU or a residual wants a bias, of the result's dtype.
        boolean followed = op.bias() || op.relu() || op.residuals() > 0;
        boolean fits = plain && (!followed || op.bias() && !c.half())
                && c.fitsLibrary(at.x(), at.weight(), at.residual(), at.y());
        if (fits && byLibrary(cuda, c, Pass.FORWARD, followed, c.depth())) {
            library(cuda, c.shape(Pass.FORWARD), at, op.relu());
        } else {
            OwnConvolutions.forward(cuda, c, at, op.inputRelu(), Last.relu(op.relu()));
        }
    }

    /** Whether cuDNN is to compute it, and has an algorithm. */
    private static boolean byLibrary(CudaDevice cuda, Convolution c, Pass pass, boolean followed, long depth) {
        return c.results() > 0 && Route.library(c.type(), followed, c.macs(), depth)
                && cuda.plan(c.shape(pass)).isPresent();
    }

    private static void library(CudaDevice cuda, ConvShape shape, Places at, boolean relu) {
        try (MemoryScope scope = MemoryScope.scratch("a convolution's workspace")) {
            ConvPlan plan = cuda.plan(shape).orElseThrow();
            long workspace = plan.workspaceBytes() == 0 ? 0 : cuda.workspace(plan.workspaceBytes()).address();
            cuda.convolution(ConvCall.plain(shape, plan, at.x(), at.weight(), at.y(), workspace)
                    .followedBy(at.bias(), at.residual(), relu));
        }
    }

    private static void pointwise(CudaDevice cuda, Conv2dPointwise op, List<Tensor> in, List<Tensor> out) {
        Conv2d first = op.conv();
        int second = first.inputs();
        Tensor x = in.get(0);
        Tensor weight = in.get(1);
        Tensor weight2 = in.get(second);
        Tensor y = out.get(0);
        long bias2 = op.bias() ? in.get(second + 1).address() : 0;
        int channels = weight.dim(0);
        int outputs = weight2.dim(0);
        Convolution c = new Convolution(x.dtype(), x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), channels,
                weight.dim(1), weight.dim(2), first.geometry());
        Function function = switch (op.activation()) {
            case NONE -> Function.LINEAR;
            case RELU -> Function.RELU;
            case SIGMOID -> Function.SIGMOID;
        };
        Last last = new Last(function, (float) op.scale(), y.dtype() == DType.F32 && c.half());
        if (OwnConvolutions.fusesPointwise(c, outputs)) {
            OwnConvolutions.pointwise(cuda, c, Places.of(first, in, op.keepMiddle() ? out.get(1).address() : 0),
                    first.inputRelu(), first.relu(), new Second(weight2.address(), bias2, y.address(), outputs), last);
            return;
        }
        try (MemoryScope scope = MemoryScope.scratch("between two convolutions")) {
            long middle = op.keepMiddle() ? out.get(1).address()
                    : cuda.workspace((long) c.results() * channels * c.type().bytes()).address();
            forward(cuda, first, c, Places.of(first, in, middle));
            Convolution next = new Convolution(c.type(), c.n(), c.outH(), c.outW(), channels, c.outH(), c.outW(),
                    outputs, 1, 1, ConvGeometry.square(1, 0));
            Places places = new Places(middle, weight2.address(), bias2, 0, 0, y.address());
            OwnConvolutions.forward(cuda, next, places, false, last);
        }
    }

    private static void transposed(CudaDevice cuda, ConvTranspose2d op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        Tensor weight = in.get(1);
        Tensor y = out.get(0);
        // The weight [I,k,k,O] is that of the convolution which goes from y to x.
        OwnConvolutions.transposed(cuda, Convolution.of(y, weight, x, ConvGeometry.square(op.kernel(), 0)), x.address(),
                weight.address(), op.bias() ? in.get(2).address() : 0, y.address());
    }

    private static void backwardInput(CudaDevice cuda, Conv2dBackwardInput op, List<Tensor> in, List<Tensor> out) {
        Tensor dy = in.get(0);
        Tensor weight = in.get(1);
        Tensor dx = out.get(0);
        Convolution c = Convolution.of(dx, weight, dy, op.geometry());
        if (op.inputRelu()) {
            OwnConvolutions.backwardInput(cuda, c, dy.address(), weight.address(), in.get(2).address(), dx.address());
        } else if (c.pointwise()) {
            ProductLaunchers.run(cuda, Product.single(c.type(), c.results(), c.c(), c.o(), dy.address(), false,
                    weight.address(), false, dx.address(), false));
        } else if (c.tiles()) {
            OwnConvolutions.transposed(cuda, c, dy.address(), weight.address(), 0, dx.address());
        } else if (c.fitsLibrary(dy.address(), weight.address(), dx.address())
                && byLibrary(cuda, c, Pass.BACKWARD_DATA, false, c.depth())) {
            Places places = new Places(dx.address(), weight.address(), 0, 0, 0, dy.address());
            library(cuda, c.shape(Pass.BACKWARD_DATA), places, false);
        } else {
            OwnConvolutions.backwardInput(cuda, c, dy.address(), weight.address(), 0, dx.address());
        }
    }

    /** The gradient of a weight is float32; cuDNN would round that of halves, so it only has the float32 ones. */
    private static void backwardWeight(CudaDevice cuda, Conv2dBackwardWeight op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        Tensor dy = in.get(1);
        Tensor dw = out.get(0);
        Convolution c = Convolution.of(x, dw, dy, op.geometry());
        if (c.pointwise() && !op.inputRelu()) {
            ProductLaunchers.run(cuda, Product.single(c.type(), c.o(), c.c(), c.results(), dy.address(), true,
                    x.address(), false, dw.address(), c.half()));
        } else if (!op.inputRelu() && !c.half() && c.fitsLibrary()
                && byLibrary(cuda, c, Pass.BACKWARD_FILTER, false, c.results())) {
            Places places = new Places(x.address(), dw.address(), 0, 0, 0, dy.address());
            library(cuda, c.shape(Pass.BACKWARD_FILTER), places, false);
        } else {
            OwnConvolutions.backwardWeight(cuda, c, x.address(), dy.address(), dw.address(), op.inputRelu());
        }
    }
}
