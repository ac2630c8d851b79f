package dev.fathom.models.dpt;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.Unary;
import dev.fathom.nn.BatchNorm2d;
import dev.fathom.nn.Conv2d;
import dev.fathom.nn.Names;

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

    /** [N,h,w,F] to [N,h,w,F] */
    Tensor forward(Tensor x) {
        try (MemoryScope scope = MemoryScope.scratch("residual unit")) {
            Tensor in = Unary.relu(x);
            Tensor mid = bn1 == null ? conv1.forwardRelu(in) : Unary.relu(bn1.forward(conv1.forward(in)));
            Tensor out = conv2.forward(mid);
            return scope.keep(Binary.add(bn2 == null ? out : bn2.forward(out), x));
        }
    }
}
