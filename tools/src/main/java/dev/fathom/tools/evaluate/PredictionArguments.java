package dev.fathom.tools.evaluate;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.evaluation.predictions.PredictionSpec;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Maps that other tools predicted. */
public final class PredictionArguments {
    /** Reads [NAME=]DIR,key=value for picocli. */
    public static final class Text implements ITypeConverter<PredictionSpec> {
        @Override
        public PredictionSpec convert(String text) {
            try {
                return PredictionSpec.parse(text);
            } catch (FathomException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    @Option(names = "--predictions", paramLabel = "[NAME=]DIR,key=value", converter = Text.class, description =
            "Maps of any tool, a file a picture, called as it: .npy, .png, .pfm, .tif, .h5... Say what the numbers are:"
            + " unit=m (mm, cm, ...; none if relative) or scale=1/256, quantity=depth or disparity, invalid=0; and where they"
            + " are: suffix=_depth, array=depth, by=order, missing=skip, covers=kb. DIR may also be one .npy of all maps, [N,H,W]. May be given several times, also beside models.")
    private List<PredictionSpec> predictions = new ArrayList<>();

    List<PredictionSpec> all() {
        return predictions;
    }
}
