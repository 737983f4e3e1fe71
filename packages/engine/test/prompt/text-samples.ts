/** Texts with what public tokenizers count them: o200k_base, cl100k_base, and that of Claude 2. */
export const textSamples: { name: string; isOrdinary: boolean; o200k: number; cl100k: number; claude2: number; text: string }[] = [
  {
    name: 'English prose',
    isOrdinary: true,
    o200k: 164,
    cl100k: 168,
    claude2: 170,
    text: 'The history of the lighthouse begins long before there were any written records of the coast. Fires were lit on hilltops to guide mariners, and it was only when ports grew into towns that a fire was placed on a platform to improve its visibility. In antiquity, the lighthouse functioned more as an entrance marker to ports than as a warning signal for reefs and promontories, unlike many modern lighthouses. The most famous lighthouse structure from antiquity was built around 280 BC, and it collapsed after a series of earthquakes between the tenth and fourteenth centuries. Although several generations of engineers have studied the remains, nobody can say with certainty what it looked like. Nevertheless, we may assume that its light could be seen from more than thirty miles away, which would have been an extraordinary achievement for the period.',
  },
  {
    name: 'a chat message',
    isOrdinary: true,
    o200k: 56,
    cl100k: 58,
    claude2: 57,
    text: `hey, can you check whether my order went through? i paid $42.50 on 3/14 but haven't got any email... order no. is #A-10293. thx!! also: what's your return policy, and do you ship to the UK?`,
  },
  {
    name: 'Markdown',
    isOrdinary: true,
    o200k: 128,
    cl100k: 128,
    claude2: 133,
    text: "## Install\n\n1. Download the archive and unpack it: `tar xzf app-1.4.2.tar.gz`.\n2. Set `DATABASE_URL` (see [Configuration](#configuration)), then run:\n\n```sh\nnpm install --omit=dev\nnode server.js --port 8080\n```\n\n| option | default | meaning |\n|---|---|---|\n| `--port` | 3000 | where it listens |\n| `--host` | 127.0.0.1 | which interface |\n\n> **Note:** the first start takes a moment, since the tables are created.\n",
  },
  {
    name: 'TypeScript',
    isOrdinary: true,
    o200k: 183,
    cl100k: 183,
    claude2: 199,
    text: `export async function readBytes(body: AsyncIterable<Uint8Array> | null, bytesMax: number): Promise<{ bytes: Buffer; isCut: boolean }> {
  let bytes = Buffer.alloc(0)
  let size = 0
  for await (const chunk of body ?? []) {
    const end = Math.min(size + chunk.byteLength, bytesMax)
    // Pieces are not collected: of one byte each, they would take many times their size.
    if (end > bytes.length) bytes = enlarge(bytes, size, Math.max(end, bytes.length * 2))
    bytes.set(chunk.subarray(0, end - size), size)
    if (size + chunk.byteLength > bytesMax) return { bytes, isCut: true }
    size = end
  }
  return { bytes: bytes.subarray(0, size), isCut: false }
}
`,
  },
  {
    name: 'Python',
    isOrdinary: true,
    o200k: 182,
    cl100k: 181,
    claude2: 184,
    text: `import os
from typing import Optional

class LinkedList:
    def __init__(self, head: Optional["Node"] = None) -> None:
        self.head = head

    def insert(self, value: int, index: int = -1) -> bool:
        """Insert value at index; returns False if out of range."""
        if index < 0:
            index += len(self) + 1
        prev, cur = None, self.head
        while cur is not None and index > 0:
            prev, cur = cur, cur.next
            index -= 1
        node = Node(value, cur)
        if prev is None:
            self.head = node
        else:
            prev.next = node
        return True

for i in range(10):
    print(f"{i:02d}: {os.environ.get('HOME')}")
`,
  },
  {
    name: 'JSON',
    isOrdinary: true,
    o200k: 147,
    cl100k: 144,
    claude2: 147,
    text: '{"id":"ord_8f3a9c21","status":"shipped","total":142.5,"currency":"EUR","items":[{"sku":"A-1001","name":"Blue kettle","quantity":2,"price":39.95},{"sku":"B-2002","name":"Tea towel (linen)","quantity":1,"price":12.6,"tags":["kitchen","sale"]}],"customer":{"city":"Riverside","address":{"street":"12 High Street","zip":"90210"},"created_at":"2024-03-14T09:26:53.589Z"},"flags":[true,false,null],"coordinates":[52.520008,13.404954]}',
  },
  {
    name: 'JSON, indented',
    isOrdinary: true,
    o200k: 241,
    cl100k: 243,
    claude2: 232,
    text: `{
  "id": "ord_8f3a9c21",
  "status": "shipped",
  "total": 142.5,
  "currency": "EUR",
  "items": [
    {
      "sku": "A-1001",
      "name": "Blue kettle",
      "quantity": 2,
      "price": 39.95
    },
    {
      "sku": "B-2002",
      "name": "Tea towel (linen)",
      "quantity": 1,
      "price": 12.6,
      "tags": [
        "kitchen",
        "sale"
      ]
    }
  ],
  "customer": {
    "city": "Riverside",
    "address": {
      "street": "12 High Street",
      "zip": "90210"
    },
    "created_at": "2024-03-14T09:26:53.589Z"
  },
  "flags": [
    true,
    false,
    null
  ],
  "coordinates": [
    52.520008,
    13.404954
  ]
}`,
  },
  {
    name: 'a log',
    isOrdinary: true,
    o200k: 126,
    cl100k: 125,
    claude2: 128,
    text: `2024-05-01T12:00:01.123Z INFO [worker-3] request_id=7f9c2ba4-e88f-4d27-a1b1-9b7a6c1d2e3f GET /v1/sessions/session_01H8X?limit=50 200 12.4ms
2024-05-01T12:00:01.240Z WARN [worker-1] retry attempt=2 delay_ms=850 error="ECONNRESET 10.0.0.12:5432"
`,
  },
  {
    name: 'Chinese',
    isOrdinary: true,
    o200k: 152,
    cl100k: 227,
    claude2: 214,
    text: '灯塔的历史远早于海岸的任何文字记载。人们在山顶点燃火堆，为水手指引方向；直到港口发展成为城镇，火才被放置在平台上，以提高其可见度。在古代，灯塔更多地作为港口入口的标志，而不是像许多现代灯塔那样作为暗礁和岬角的警告信号。古代最著名的灯塔建于公元前二百八十年左右，在十世纪至十四世纪之间的一系列地震后倒塌。虽然几代工程师都研究过遗迹，但没有人能确切地说出它的样子。',
  },
  {
    name: 'Japanese',
    isOrdinary: true,
    o200k: 126,
    cl100k: 169,
    claude2: 165,
    text: '灯台の歴史は、海岸についての文字による記録よりもずっと前に始まります。船乗りを導くために丘の上で火が焚かれ、港が町へと発展して初めて、見えやすくするために台の上に火が置かれるようになりました。古代の灯台は、現代の多くの灯台とは異なり、暗礁や岬の警告信号というよりも、港の入り口の目印として機能していました。',
  },
  {
    name: 'Korean',
    isOrdinary: false,
    o200k: 103,
    cl100k: 159,
    claude2: 174,
    text: '등대의 역사는 해안에 대한 문자 기록이 있기 훨씬 전부터 시작됩니다. 선원들을 안내하기 위해 언덕 꼭대기에 불을 피웠고, 항구가 도시로 성장한 뒤에야 잘 보이도록 단 위에 불을 놓게 되었습니다. 고대의 등대는 오늘날의 많은 등대와 달리 암초와 곶에 대한 경고 신호라기보다 항구 입구의 표지 역할을 했습니다.',
  },
  {
    name: 'German',
    isOrdinary: false,
    o200k: 80,
    cl100k: 115,
    claude2: 128,
    text: 'Die Geschichte des Leuchtturms beginnt lange vor den schriftlichen Aufzeichnungen über die Küste. Auf Hügeln wurden Feuer entzündet, um Seeleute zu führen, und erst als Häfen zu Städten heranwuchsen, wurde das Feuer auf eine Plattform gestellt, um seine Sichtbarkeit zu verbessern. Rechtsschutzversicherungsgesellschaften übernehmen grundsätzlich außergewöhnliche Schadensersatzansprüche.',
  },
  {
    name: 'Russian',
    isOrdinary: false,
    o200k: 67,
    cl100k: 116,
    claude2: 145,
    text: 'История маяка начинается задолго до появления каких-либо письменных свидетельств о побережье. На вершинах холмов разжигали костры, чтобы указывать путь мореплавателям, и лишь когда порты выросли в города, огонь стали помещать на платформу, чтобы его было лучше видно.',
  },
  {
    name: 'Arabic',
    isOrdinary: false,
    o200k: 57,
    cl100k: 129,
    claude2: 168,
    text: 'يبدأ تاريخ المنارة قبل وقت طويل من وجود أي سجلات مكتوبة عن الساحل. كانت النيران تشعل على قمم التلال لإرشاد البحارة، ولم يوضع النار على منصة لتحسين رؤيتها إلا عندما نمت الموانئ لتصبح مدنا.',
  },
  {
    name: 'Hindi',
    isOrdinary: false,
    o200k: 45,
    cl100k: 147,
    claude2: 164,
    text: 'प्रकाशस्तंभ का इतिहास तट के किसी भी लिखित अभिलेख से बहुत पहले शुरू होता है। नाविकों का मार्गदर्शन करने के लिए पहाड़ियों की चोटियों पर आग जलाई जाती थी।',
  },
  {
    name: 'emoji',
    isOrdinary: false,
    o200k: 105,
    cl100k: 177,
    claude2: 153,
    text: '😀🎉🔥👍🏽👩‍💻🇩🇪❤️✅🚀🤖👨‍👩‍👧‍👦🥳😀🎉🔥👍🏽👩‍💻🇩🇪❤️✅🚀🤖👨‍👩‍👧‍👦🥳😀🎉🔥👍🏽👩‍💻🇩🇪❤️✅🚀🤖👨‍👩‍👧‍👦🥳',
  },
  {
    name: 'CSV',
    isOrdinary: false,
    o200k: 203,
    cl100k: 203,
    claude2: 188,
    text: `id,name,amount,date
1000,Customer 0,0.00,2024-01-15
1001,Customer 1,13.37,2024-02-15
1002,Customer 2,26.74,2024-03-15
1003,Customer 3,40.11,2024-04-15
1004,Customer 4,53.48,2024-05-15
1005,Customer 5,66.85,2024-06-15
1006,Customer 6,80.22,2024-07-15
1007,Customer 7,93.59,2024-08-15
1008,Customer 8,106.96,2024-09-15
1009,Customer 9,120.33,2024-10-15
1010,Customer 10,133.70,2024-11-15`,
  },
]
