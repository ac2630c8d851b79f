package dev.fathom.models.dpt;

import java.util.List;

/**
 * Sizes of the decoder.
 *
 * @param features F, channels of the fused maps
 * @param outChannels C1..C4, channels of the four maps before fusion, finest first
 * @param useBn batch norm after each convolution of a residual unit (no released model)
 * @param useClsToken the cls token is mixed into every patch token first (no released model)
 */
public record DptConfig(int features, List<Integer> outChannels, boolean useBn, boolean useClsToken) {
    public DptConfig {
        if (outChannels.size() != 4) {
            throw new IllegalArgumentException("the decoder fuses four maps, got outChannels " + outChannels);
        }
        outChannels = List.copyOf(outChannels);
    }
}
