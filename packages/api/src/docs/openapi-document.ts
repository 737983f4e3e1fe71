/** As much of OpenAPI 3.1 as this server writes. */
export interface OpenApiDocument {
  openapi: string
  info: { title: string; version: string; description: string }
  tags?: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, JsonSchema>; responses?: Record<string, DeclaredResponse>; headers?: Record<string, unknown> } & Record<string, unknown>
}

export interface Operation {
  operationId?: string
  summary?: string
  description?: string
  tags?: string[]
  parameters?: Parameter[]
  security?: Record<string, string[]>[]
  requestBody?: { required?: boolean; content: Record<string, MediaType> }
  responses: Record<string, DeclaredResponse>
}

export interface Parameter {
  in: 'path' | 'query' | 'header'
  name: string
  required?: boolean
  schema: JsonSchema
}

export interface DeclaredResponse {
  $ref?: string
  description?: string
  headers?: Record<string, unknown>
  content?: Record<string, MediaType>
}

export interface MediaType {
  /** Where the body is a stream, its `x-item-schema` is that of each event, or line. */
  schema?: JsonSchema
}

export type JsonSchema = Record<string, unknown>
