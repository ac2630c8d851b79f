package dev.fathom.tools.events;

import dev.fathom.models.protobuf.ProtobufMessage;
import dev.fathom.tools.report.EmbeddedImage;

/** TensorBoard's Summary in the making: named values of one step. A name's part before a slash is its section. */
final class Summary {
    /** Image.colorspace: red, green, blue. */
    private static final int RGB = 3;

    private final ProtobufMessage message = new ProtobufMessage();

    /** A point of a curve. One that is not finite is left out: curves have gaps, not infinities. */
    Summary scalar(String tag, double value) {
        return Double.isFinite(value) ? value(new ProtobufMessage().text(1, tag).real(2, (float) value)) : this;
    }

    /** How often values are of which size. */
    Summary histogram(String tag, GradientHistogram histogram) {
        return value(new ProtobufMessage().text(1, tag).message(5, histogram.message()));
    }

    /** A picture. */
    Summary image(String tag, EmbeddedImage png) {
        return value(new ProtobufMessage().text(1, tag).message(4, new ProtobufMessage().integer(1, png.height())
                .integer(2, png.width()).integer(3, RGB).bytes(4, png.bytes())));
    }

    private Summary value(ProtobufMessage value) {
        message.message(1, value);
        return this;
    }


    ProtobufMessage message() {
        return message;
    }
}
