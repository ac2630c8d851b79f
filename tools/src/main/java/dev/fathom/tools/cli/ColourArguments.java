package dev.fathom.tools.cli;

import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.image.Palette;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How depth is shown: the options that predict and video share. */
public final class ColourArguments {
    @Option(names = "--pred-only", description = "Only the depth, not the photo beside it.")
    public boolean predOnly;

    @Option(names = "--grayscale", description = "Gray instead of colours.")
    public boolean grayscale;

    @Option(names = "--palette", paramLabel = "NAME",
            description = "Colours: Spectral, Spectral_r, inferno, magma, viridis, plasma, turbo, ... (default: "
                    + "Spectral_r, metric models Spectral).")
    public String palette;

    /** Checks the words, before anything is opened. */
    public void check(CommandSpec spec) {
        WrongCall.unless(!grayscale || palette == null, spec,
                "--grayscale and --palette exclude each other; give one of them.");
        if (palette != null) {
            WrongCall.orValue(spec, () -> Palette.named(palette));
        }
    }

    /** The palette for a model's values; null for gray. */
    public Palette palette(DepthHead head) {
        if (grayscale) {
            return null;
        }
        return Palette.named(palette != null ? palette : head instanceof DepthHead.Metric ? "Spectral" : "Spectral_r");
    }
}
