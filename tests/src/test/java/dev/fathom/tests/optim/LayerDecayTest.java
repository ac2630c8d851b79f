package dev.fathom.tests.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.optim.LayerDecay;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Layer-wise decay against timm's formula: scale = decay ** (layer_max - layer), layer_max the head's. */
class LayerDecayTest {
    @Property(tries = 200)
    void factorsAreTimms(@ForAll @DoubleRange(min = 0.1, max = 1) double decay,
            @ForAll @IntRange(min = 1, max = 40) int depth) {
        LayerDecay rates = new LayerDecay(decay, depth);
        // timm counts groups: the stem, each block, and one for norm and head; the last one's index is layer_max.
        int layerMax = 1 + depth + 1 - 1;
        for (String stem : new String[] {"cls_token", "pos_embed", "mask_token", "patch_embed.proj.weight",
                "patch_embed.proj.bias"}) {
            equal(power(decay, layerMax), rates.factor("pretrained." + stem));
        }
        for (int i = 0; i < depth; i++) {
            equal(power(decay, layerMax - (i + 1)), rates.factor("pretrained.blocks." + i + ".attn.qkv.weight"));
            equal(power(decay, layerMax - (i + 1)), rates.factor("pretrained.blocks." + i + ".ls1.gamma"));
        }
        assertEquals(1, rates.factor("pretrained.norm.weight"));
        assertEquals(1, rates.factor("depth_head.projects.0.weight"));
        assertTrue(rates.factor("pretrained.blocks.0.norm1.bias") <= rates.factor("pretrained.norm.bias"));
    }

    private static double power(double base, int exponent) {
        double product = 1;
        for (int i = 0; i < exponent; i++) {
            product *= base;
        }
        return product;
    }

    /** The product rounds once a factor, and pow once. */
    private static void equal(double expected, double actual) {
        assertEquals(expected, actual, 42 * Math.ulp(expected));
    }

    /** BEiT's table for 12 blocks at 0.65, by hand. */
    @Test
    void twelveBlocks() {
        LayerDecay rates = new LayerDecay(0.65, 12);
        assertEquals(0.00369720589101871, rates.factor("pretrained.pos_embed"), 1e-17, "0.65^13");
        assertEquals(0.65, rates.factor("pretrained.blocks.11.mlp.fc1.weight"), 1e-15);
        assertEquals(0.4225, rates.factor("pretrained.blocks.10.mlp.fc1.weight"), 1e-15);
    }

    @Test
    void refusesWhatIsNoDecay() {
        assertThrows(FathomException.class, () -> new LayerDecay(0, 12));
        assertThrows(FathomException.class, () -> new LayerDecay(1.1, 12));
        assertThrows(FathomException.class, () -> new LayerDecay(Double.NaN, 12));
    }
}
