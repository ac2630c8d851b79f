package dev.fathom.tests.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.training.loss.LossStatistics;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.loss.SiLog;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A batch that is judged in parts. */
class SplitLossTest {
    @Test
    void onePartHasTheBitsOfTheRecordedOperation() {
        Random random = new Random(3);
        int n = 1000;
        float[] pred = new float[n];
        float[] target = new float[n];
        boolean[] mask = new boolean[n];
        for (int i = 0; i < n; i++) {
            pred[i] = 0.2f + 4 * random.nextFloat();
            target[i] = 0.2f + 4 * random.nextFloat();
            mask[i] = random.nextInt(4) > 0;
        }
        Objective loss = new SiLog(0.5);
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor p = Tensors.of(pred, 1, n, 1).asParameter();
            Tensor t = Tensors.of(target, 1, n, 1);
            Tensor m = Tensors.mask(mask, 1, n, 1);
            Tensor whole = loss.of(p, t, m);
            LossStatistics statistics = loss.statistics(p, t, m, loss.nothing());
            assertEquals(whole.item(), (float) loss.value(statistics));
            assertArrayEquals(Backward.of(whole).of(p).toFloats(), loss.gradient(p, t, m, statistics, 1).toFloats());
        }
    }
}
