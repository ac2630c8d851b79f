package dev.fathom.training.optim;

import dev.fathom.engine.errors.FathomException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learning rates that fall from the last block of a vision transformer to the first: early layers hold what every
 * picture needs, and a fine-tuning should change them least. {@code layer_decay} of BEiT (Bao et al. 2021, appendix;
 * {@code optim_factory.py}) and of timm ({@code param_groups_layer_decay}).
 *
 * <p>Layer 0 is what makes the tokens (patch embedding, position embedding, cls and mask token), layers 1 to depth are
 * the blocks, and layer depth + 1 is all that follows: the encoder's last norm and the decoder. Layer l has the factor
 * decay^(depth + 1 - l), so what follows the blocks keeps its rate.
 *
 * @param decay above 0, at most 1, which changes nothing; BEiT and MAE use 0.65 to 0.85
 * @param depth number of blocks
 */
public record LayerDecay(double decay, int depth) {
    private static final Pattern BLOCK = Pattern.compile("pretrained\\.blocks\\.(\\d+)\\..*");
    private static final Pattern STEM =
            Pattern.compile("pretrained\\.(patch_embed\\..*|pos_embed|cls_token|mask_token)");

    public LayerDecay {
        if (!(decay > 0 && decay <= 1) || depth < 1) {
            throw new FathomException("LayerDecay: a decay of " + decay + " over " + depth
                    + " blocks; needed are above 0 and at most 1, and at least 1");
        }
    }

    /** The layer of a parameter. */
    public int layer(String name) {
        Matcher block = BLOCK.matcher(name);
        if (block.matches()) {
            return Integer.parseInt(block.group(1)) + 1;
        }
        return STEM.matcher(name).matches() ? 0 : depth + 1;
    }

    /** What the learning rate of a parameter is multiplied by. */
    public double factor(String name) {
        return Math.pow(decay, depth + 1 - layer(name));
    }
}
