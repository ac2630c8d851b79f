package dev.fathom.tools.video;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.cli.WrongCall;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** One range and one scale for the frames of a clip: the options about its values. */
final class VideoArguments {
    @Option(names = "--range", paramLabel = "LOW,HIGH",
            description = "Values at the two ends of the palette, in all frames (default: the clip's least and"
                    + " greatest).")
    private String range;

    @Option(names = "--percentiles", paramLabel = "LOW,HIGH",
            description = "The same as percentiles of all values of the clip: 2,98 leaves out a few very near or"
                    + " far ones.")
    private String percentiles;

    @Option(names = "--smooth", arity = "0..1", paramLabel = "K", fallbackValue = "0.9", defaultValue = "0",
            description = "Take scale and shift of each frame from the one before, to this part: 0 (default) nothing,"
                    + " 1 all, 0.9 if no number is given. Cuts are found, and begin anew.")
    double smooth;

    @Option(names = "--spool", paramLabel = "TYPE", defaultValue = "float32",
            description = "float32 (default) or float16: how the network's maps wait on the disk until the clip's"
                    + " range is known. float16 takes half the room and changes a value by at most 0.05 %%.")
    MapSpool.Storage storage;

    @Option(names = "--keep-maps", description = "Leave the network's maps on the disk, so that the same call with"
            + " another palette, range or smoothing needs no network.")
    boolean keepMaps;

    @Option(names = "--restart", description = "Do not go on from the maps of an earlier run; make them anew.")
    boolean restart;

    /** Checks the words. */
    ValueRange check(CommandSpec spec) {
        WrongCall.unless(range == null || percentiles == null, spec,
                "--range and --percentiles exclude each other; give one of them.");
        WrongCall.unless(smooth >= 0 && smooth <= 1, spec, String.format(Locale.ROOT,
                "--smooth is %s, but must be from 0 (nothing) to 1 (each frame follows the one before for good).",
                smooth));
        return WrongCall.orValue(spec, () -> range != null ? ValueRange.given(range)
                : percentiles != null ? ValueRange.percentiles(percentiles) : ValueRange.clip());
    }

    /** Checks a rate of frames. */
    static void checkRate(CommandSpec spec, String fps) {
        if (fps != null) {
            WrongCall.orValue(spec, () -> {
                if (!(Ffmpeg.fraction(fps) > 0)) {
                    throw new FathomException("--fps is " + fps + ", but must be a number like 25 or 30000/1001.");
                }
                return fps;
            });
        }
    }
}
