package dev.fathom.models.depthanything;

import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dpt.DptConfig;
import java.util.List;

/**
 * Everything that decides the network's parameters.
 *
 * @param vit the encoder's sizes
 * @param taps indices of the four blocks whose outputs the decoder sees, ascending; they leave no trace in a
 * checkpoint's names, so a wrong
 *     choice loads without an error
 * @param dpt the decoder's sizes
 */
public record ModelConfig(VitConfig vit, List<Integer> taps, DptConfig dpt) {
    public ModelConfig {
        taps = List.copyOf(taps);
        if (taps.size() != 4) {
            throw new IllegalArgumentException("the decoder sees four blocks, got taps " + taps);
        }
        for (int i = 0; i < 4; i++) {
            if (taps.get(i) < (i == 0 ? 0 : taps.get(i - 1) + 1) || taps.get(i) >= vit.depth()) {
                throw new IllegalArgumentException("taps " + taps + " must ascend and be blocks of a " + vit.depth()
                        + "-block encoder");
            }
        }
    }
}
