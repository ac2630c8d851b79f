package dev.fathom.models.dpt;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Binary;
import dev.fathom.nn.BatchNorm2d;
import dev.fathom.nn.Conv2d;
import dev.fathom.nn.Names;
import java.util.Arrays;

/** x + conv2(relu(conv1(relu(x)))), 3 x 3; the shortcut is the untouched x. */
final class ResidualConvUnit {
    private final Conv2d conv1;
    private final Conv2d conv2;
    private final BatchNorm2d bn1;
    private final BatchNorm2d bn2;

    ResidualConvUnit(Names names, int features, boolean useBn) {
        conv1 = new Conv2d(names.child("conv1"), features, features, 3, 1, 1, true);
        conv2 = new Conv2d(names.child("conv2"), features, features, 3, 1, 1, true);
        bn1 = useBn ? new BatchNorm2d(names.child("bn1"), features) : null;
        bn2 = useBn ? new BatchNorm2d(names.child("bn2"), features) : null;
    }

    /** The unit's result [N,h,w,F] for x of that shape, plus other maps of that shape. */
    Tensor forward(Tensor x, Tensor... added) {
        try (MemoryScope scope = MemoryScope.scratch("residual unit")) {
            Tensor mid = first(x);
            if (bn2 == null) {
                Tensor[] residuals = Arrays.copyOf(added, added.length + 1);
                residuals[added.length] = x;
                return scope.keep(conv2.forwardOfRelu(mid, residuals));
            }
            Tensor sum = Binary.add(bn2.forward(conv2.forwardOfRelu(mid)), x);
            for (Tensor more : added) {
                sum = Binary.add(sum, more);
            }
            return scope.keep(sum);
        }
    }

    /** A 1 x 1 convolution of the unit's result. */
    Tensor forward(Conv2d next, Tensor x) {
        try (MemoryScope scope = MemoryScope.scratch("residual unit")) {
            return scope.keep(bn2 == null ? conv2.forwardOfRelu(next, first(x), x) : next.forward(forward(x)));
        }
    }

    /** What comes before the second ReLU. */
    private Tensor first(Tensor x) {
        Tensor y = conv1.forwardOfRelu(x);
        return bn1 == null ? y : bn1.forward(y);
    }
}
