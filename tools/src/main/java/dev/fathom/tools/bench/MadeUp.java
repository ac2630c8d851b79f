package dev.fathom.tools.bench;

import dev.fathom.training.data.Batch;
import java.util.Arrays;
import java.util.Collections;

/** What benchmarks run on: pictures and depths whose values do not matter, the same in every run. */
final class MadeUp {
    private MadeUp() {
    }

    /** Values from -2 to 2, as normalised pixels are. */
    static float[] pixels(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (i * 31 % 255) / 64f - 2;
        }
        return values;
    }

    /** A batch of pictures [batch,side,side,3], every pixel valid and 3 m away. */
    static Batch samples(int batch, int side) {
        int pixels = batch * side * side;
        float[] depth = new float[pixels];
        Arrays.fill(depth, 3);
        byte[] valid = new byte[pixels];
        Arrays.fill(valid, (byte) 1);
        int[] all = new int[batch];
        Arrays.fill(all, side * side);
        return new Batch(0, 0, batch, side, pixels(3 * pixels), depth, valid, Collections.nCopies(batch, "bench"), all,
                0);
    }
}
