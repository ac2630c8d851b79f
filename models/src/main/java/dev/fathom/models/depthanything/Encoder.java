package dev.fathom.models.depthanything;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dinov2.VitConfig.Ffn;
import dev.fathom.models.dpt.DptConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The four released sizes ({@code run.py}'s {@code model_configs}, and the taps of {@code dpt.py}). */
public enum Encoder {
    VITS(new VitConfig(518, 14, 384, 12, 6, Ffn.MLP), List.of(2, 5, 8, 11), 64, 48, 96, 192, 384),
    VITB(new VitConfig(518, 14, 768, 12, 12, Ffn.MLP), List.of(2, 5, 8, 11), 128, 96, 192, 384, 768),
    VITL(new VitConfig(518, 14, 1024, 24, 16, Ffn.MLP), List.of(4, 11, 17, 23), 256, 256, 512, 1024, 1024),
    VITG(new VitConfig(518, 14, 1536, 40, 24, Ffn.SWIGLU), List.of(9, 19, 29, 39), 384, 1536, 1536, 1536, 1536);

    private final ModelConfig config;

    Encoder(VitConfig vit, List<Integer> taps, int features, Integer... outChannels) {
        config = new ModelConfig(vit, taps, new DptConfig(features, List.of(outChannels), false, false));
    }

    public ModelConfig config() {
        return config;
    }

    /** The name on the command line: {@code vits}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The encoder of this name. */
    public static Encoder of(String id) {
        for (Encoder e : values()) {
            if (e.id().equalsIgnoreCase(id)) {
                return e;
            }
        }
        throw new FathomException("There is no encoder '" + id + "'; choose one of "
                + Arrays.stream(values()).map(Encoder::id).collect(Collectors.joining(", ")));
    }
}
