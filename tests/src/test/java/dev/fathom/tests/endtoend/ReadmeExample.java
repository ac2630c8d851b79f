package dev.fathom.tests.endtoend;

import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import java.nio.file.Path;

/** The example of the project's README, compiled and run: {@link ReadmeExampleTest} compares the two. */
final class ReadmeExample {
    private ReadmeExample() {
    }

    static void main(String[] args) {
        // README: begin
        Path weights = Path.of("depth_anything_v2_vits.pth");
        Path photo = Path.of("photo.jpg");
        // README: end
        weights = Path.of(args[0]);
        photo = Path.of(args[1]);
        // README: begin
        try (ModelFile file = ModelFile.open(weights); MemoryScope scope = MemoryScope.open("model")) {
            DepthEstimator estimator = new DepthEstimator(file.load(new DepthHead.Relative()));
            Picture picture = PictureReader.read(photo);
            DepthMap depth = estimator.estimate(picture);
            float middle = depth.at(depth.width() / 2, depth.height() / 2);
            System.out.println(middle + ": " + depth.head().unit() + ", " + depth.head().polarity());
        }
        // README: end
    }
}
