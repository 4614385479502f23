// @napi-rs/image by its faster way of resizing, synchronously: on this thread alone.
import { FastResizeFilter, ResizeFit, Transformer } from '@napi-rs/image'

import { serve } from './serve.mjs'

await serve((original, { width, height, quality }) =>
  new Transformer(original)
    .rotate()
    .fastResize({ width, height, filter: FastResizeFilter.Lanczos3, fit: ResizeFit.Cover })
    .webpSync(quality),
)
