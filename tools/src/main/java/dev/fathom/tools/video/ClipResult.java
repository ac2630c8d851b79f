package dev.fathom.tools.video;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.tools.output.OutputFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;

/** What a clip's results are called and where they go. */
final class ClipResult {
    /** What is made. */
    enum Format {
        FRAMES, MP4, MOV
    }

    private final ClipFrames frames;
    private final Path outdir;
    private final Format format;
    private final String fps;
    /** Null where no film is written. */
    private final Ffmpeg ffmpeg;

    /**
     * @param wanted null for what the clip itself is
     * @param fps    frames a second of a film that is made of pictures
     * @param find   finds ffmpeg, told what it is for; asked only where a film is to be written
     */
    ClipResult(ClipFrames frames, Path outdir, Format wanted, String fps, Function<String, Ffmpeg> find) {
        this.frames = frames;
        this.outdir = outdir;
        this.fps = fps;
        this.format = wanted != null ? wanted : frames.isFilm() ? Format.MP4 : Format.FRAMES;
        this.ffmpeg = isFilm() ? find.apply("Writing " + film()) : null;
    }

    boolean isFilm() {
        return format != Format.FRAMES;
    }

    Path film() {
        return outdir.resolve(frames.name() + "." + format.name().toLowerCase(Locale.ROOT));
    }

    /**
     * Where pictures and files of numbers go: pictures of pictures keep their names, a film's get a folder of its own.
     */
    Path folder() {
        return isFilm() || frames.isFilm() ? outdir.resolve(frames.name()) : outdir;
    }

    /** The page about the clip. */
    Path page() {
        return outdir.resolve(frames.name() + "_clip.json");
    }

    /** Frames a second; null of pictures that stay pictures. */
    String rate() {
        return frames.isFilm() ? frames.rate() : isFilm() ? fps : null;
    }

    /** @throws FathomException if results would go over the clip, or among the frames of the next run */
    void refuseToReplace(String videoPath) {
        Path source = frames instanceof FilmFrames film ? film.film()
                : ((PictureFrames) frames).files().getFirst().toAbsolutePath().getParent();
        Path result = frames instanceof FilmFrames ? film() : isFilm() ? outdir.resolve(frames.name()) : folder();
        try {
            if (Files.exists(result) && Files.isSameFile(source, result)) {
                throw new FathomException(frames instanceof FilmFrames ? "The result " + result
                        + " would replace the film; choose another --outdir."
                        : "Results would go into " + result + ", among the frames of " + videoPath
                        + "; choose another --outdir.");
            }
        } catch (IOException e) {
            throw new FathomException("The folder " + outdir + " cannot be looked at (" + e.getMessage()
                    + "); check its permissions.", e);
        }
    }

    void makeFolders(boolean numbers) {
        if (!isFilm() || numbers) {
            OutputFolder.make(folder());
        }
    }

    /**
     * What writes them.
     *
     * @param said gets a line if something is not as usual
     */
    ClipOutput output(DepthHead head, String colouring, Consumer<String> said) {
        if (!isFilm()) {
            return new PictureOutput(folder(), frames::stem, head, colouring);
        }
        FilmOutput output = new FilmOutput(ffmpeg, film(), format.name().toLowerCase(Locale.ROOT), rate());
        if (!output.note().isEmpty()) {
            said.accept(output.note());
        }
        return output;
    }
}
