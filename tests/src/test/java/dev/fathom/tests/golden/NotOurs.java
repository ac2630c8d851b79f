package dev.fathom.tests.golden;

import java.util.Map;
import java.util.TreeMap;

/** The operator cases that nothing in this project computes yet, each with the reason. */
final class NotOurs {
    static final Map<String, String> CASES = new TreeMap<>();

    private NotOurs() {
    }

    static {
        because("Monodepth2's or Marigold's; no model of this project has it yet",
                "elu", "grid_sample_zeros_ac1", "grid_sample_zeros_ac0", "grid_sample_border_ac1",
                "grid_sample_border_ac0", "group_norm", "max_pool_k3s2p1", "max_pool_k2s2", "avg_pool_k3s1",
                "avg_pool_k3s2p1", "avg_pool_k3s2p1_nopad", "reflection_pad1", "reflection_pad_asym",
                "zero_pad", "replicate_pad", "masked_select", "mono2_ssim", "mono2_smooth");
        because("no model of this project needs groups, dilation or a transposed convolution that overlaps itself",
                "conv_dilation2", "conv_groups2", "conv_depthwise", "convT_k3_s2_p1_op1");
        because("no model, loss or optimiser of this project uses it",
                "log_softmax", "softplus", "leaky_relu", "pow_frac", "clamp",
                "maximum", "var_all_unbiased", "var_dim_biased", "amax_dim", "cumsum",
                "median_even", "sort_desc", "slice_step", "flip_last", "where", "ssi_l1", "ssi_mse",
                "ssi_trim");
        because("an offset of 0 is not what Depth Anything was trained with; our position embedding always adds 0.1",
                "pos_embed_off0_g5");
    }

    private static void because(String reason, String... cases) {
        for (String name : cases) {
            if (CASES.put(name, reason) != null) {
                throw new IllegalStateException(name + " is listed twice");
            }
        }
    }
}
