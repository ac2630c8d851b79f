package dev.fathom.tools.video;

import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.tools.output.PngFile;
import java.nio.file.Path;
import java.util.function.IntFunction;

/**
 * Numbered PNGs ({@link AtomicFile}: each is whole or not there).
 *
 * @param folder    they go to
 * @param stem      of each frame's name
 * @param colouring how the colours came about, for their text
 */
record PictureOutput(Path folder, IntFunction<String> stem, DepthHead head, String colouring) implements ClipOutput {
    @Override
    public void write(Frames frames) {
        frames.giveTo((index, picture, provenance) -> PngFile.writeColour(folder.resolve(stem.apply(index) + ".png"),
                picture.width(), picture.height(), picture, head, colouring, provenance));
    }

    @Override
    public String describe() {
        return folder.toString();
    }
}
