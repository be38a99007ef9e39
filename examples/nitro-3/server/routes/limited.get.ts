import { defineHandler } from "h3";
import { defineRateLimit } from "ironkeep/h3";

const limit = defineRateLimit({ name: "limited", quota: "10/1m" });

export default defineHandler(limit.wrap(() => "Not too often, please."));
