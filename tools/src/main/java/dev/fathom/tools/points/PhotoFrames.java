package dev.fathom.tools.points;

import dev.fathom.models.camera.ExifLens;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tools.predict.InputPictures;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Photos, whose depth a network is to say. */
final class PhotoFrames implements FrameSource {
    private final List<InputPictures.Input> inputs;
    private final CameraArguments camera;

    PhotoFrames(List<InputPictures.Input> inputs, CameraArguments camera) {
        this.inputs = inputs;
        this.camera = camera;
    }

    @Override
    public int size() {
        return inputs.size();
    }

    @Override
    public Path stem(int index) {
        return inputs.get(index).stem();
    }

    @Override
    public long pixels(int index) {
        return PictureReader.pixels(inputs.get(index).file());
    }

    @Override
    public Frame read(int index) {
        Path file = inputs.get(index).file();
        Picture picture = PictureReader.read(file);
        CameraChoice choice = camera.choose("The picture " + file, Optional.empty(), () -> ExifLens.of(file),
                picture.width(), picture.height());
        return new Frame("The picture " + file, picture, null, "", choice, List.of("source " + file.getFileName()));
    }
}
