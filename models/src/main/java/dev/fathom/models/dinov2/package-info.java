/**
 * The DINOv2 vision transformer (Oquab et al. 2023; facebookresearch/dinov2 {@code models/vision_transformer.py}),
 * parameter names and arithmetic as there. Read {@link dev.fathom.models.dinov2.DinoVisionTransformer} from top to
 * bottom.
 */
package dev.fathom.models.dinov2;
